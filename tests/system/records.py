"""One of each kind of record, in an order in which each may refer to those before it: the path, what adds one, and
what changes it."""

RECORDS = {
    "inspection": ("inspections", {"framework": "sif", "from": "2018-10-08", "to": "2018-10-12"},
                   {"published_on": "2018-12-01"}),
    "judgement": ("judgements", {"inspection": "1", "area": "Care leavers", "grade": "inadequate"},
                  {"grade": "requires improvement"}),
    "visit": ("visits", {"kind": "monitoring", "from": "2017-10-30", "to": "2017-10-31"}, {"to": "2017-11-01"}),
    "board": ("boards", {"title": "Improvement board", "kind": "board", "cycle": "6w"}, {"purpose": "To oversee"}),
    "member": ("members", {"board": "1", "name": "The Lead Member", "invited_on": "2017-08-01"},
               {"accepted_on": "2017-08-09"}),
    "meeting": ("meetings", {"board": "1", "on": "2017-09-22", "at": "14:00", "papers_due": "2017-09-15"},
                {"title": "First meeting"}),
    "resolution": ("resolutions", {"board": "1", "title": "The plan at each meeting", "kind": "standing item",
                                   "on": "2017-09-26"}, {"ended_on": "2018-09-26"}),
    "decision": ("decisions", {"title": "To approve the statement", "on": "2017-11-01", "board": "1"},
                 {"on": "2017-11-08"}),
    "instrument": ("instruments", {"kind": "statutory-direction", "issued_on": "2017-09-12", "first_report": "2017-10-01",
                                   "every": "3m"}, {"lifted_on": "2019-01-31"}),
    "requirement": ("requirements", {"instrument": "1", "title": "The chair reports in writing", "paragraph": "4(b)"},
                    {"met_on": "2017-09-29"}),
    "document": ("documents", {"title": "Terms of reference", "kind": "terms-of-reference", "board": "1",
                               "review_cycle": "1y"}, {"owner": "programme-office"}),
    "edition": ("editions", {"document": "1", "label": "1.0", "on": "2017-08-01"}, {"published_on": "2017-08-20"}),
    "approval": ("approvals", {"edition": "1", "board": "1", "asked_on": "2017-08-02"}, {"given_on": "2017-08-19"}),
    "home": ("homes", {"title": "Home 1", "opened_on": "2016-04-01"}, {"closed_on": "2018-03-31"}),
    "review": ("reviews", {"home": "1", "kind": "quality of care", "on": "2017-06-30"}, {"note": "Sent to Ofsted"}),
    "audit": ("audits", {"kind": "deep dive", "month": "2017-10", "theme": "Neglect", "owner": "director", "cases": 12,
                         "good": 0, "inadequate": 12}, {"learning": "Plans drift", "shared_on": "2017-11-03"}),
    "measure": ("measures", {"title": "Assessments within 45 days", "about": "5.12", "frequency": "1m",
                             "polarity": "higher", "unit": "%", "baseline": 61.5, "target": 90},
                {"owner": "programme-office"}),
    "value": ("values", {"measure": "1", "on": "2017-08-31", "count": 49, "out_of": 80}, {"comparator": "none"}),
    "risk": ("risks", {"title": "Agency staff leave", "likelihood": 4, "impact": 5, "cause": "Pay", "review_every": "1m",
                       "reviewed_on": "2017-08-31"},
             {"referral": "escalated", "referred_to": "The council's own board", "referred_on": "2017-09-01",
              "reply_due": "2017-09-29"}),
}


def add_all(csid):
    for path, body, _ in RECORDS.values():
        answer = csid.request("POST", f"/v1/{path}", body)
        assert answer.status == 201, (path, answer.body)
