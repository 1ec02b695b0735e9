/*
 * setup: the configuration in the shapes that the layers below take: engine, courier, access. One
 * value per configuration read; it points into its struct config and lives as long.
 */
#ifndef CSID_SERVICE_SETUP_H
#define CSID_SERVICE_SETUP_H

#include "courier/courier.h"
#include "engine/engine.h"
#include "service/access.h"
#include "service/config.h"

struct setup {
    struct config *config;       /* owned */
    struct access_rules *access; /* owned */
    struct engine engine;
    struct courier_config courier;
};

/* Takes over `config`. Free with setup_free. */
struct setup *setup_new(struct config *config);
void setup_free(struct setup *s);

#endif
