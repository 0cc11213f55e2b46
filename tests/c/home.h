/* A service with a registry of its own. */
#ifndef AMAAS_TEST_HOME_H
#define AMAAS_TEST_HOME_H

#include "check.h"

/* The service over the registry at `folder/name`. */
static inline amaas_service *start(const char *folder, const char *name)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    amaas_service *service = NULL;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_set_registry(options, path, &error));
    OK(amaas_service_options_set_instances(options, 1, &error));
    OK(amaas_service_new(options, &service, &error));
    amaas_service_options_free(options);
    return service;
}

static inline void publish(const amaas_service *service, const char *path)
{
    amaas_error *error = NULL;
    amaas_published *published = NULL;
    OK(amaas_service_publish(service, path, &published, &error));
    amaas_published_free(published);
}

#endif
