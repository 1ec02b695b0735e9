/*
 * forecast: a notice to come as a row of an answer.
 */
#ifndef CSID_API_FORECAST_H
#define CSID_API_FORECAST_H

#include "api/call.h"
#include "engine/forecast.h"

/* Its members but `change`, which a run by hand has not. */
void put_coming(json_t *row, const struct forecast_item *item);

#endif
