#!/usr/bin/python3
"""mail_text FILE...: mails as a person reads them: who it is to, the subject, the text part."""

import email
import email.policy
import sys

for path in sys.argv[1:]:
    with open(path, "rb") as file:
        mail = email.message_from_binary_file(file, policy=email.policy.default)
    print(f"To:      {mail['To']}\nSubject: {mail['Subject']}\n\n{mail.get_body(('plain',)).get_content()}")
