/* The service and its registry: publish, list, aliases, a route that follows. */
#include "check.h"

static amaas_service *start(const char *home)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    amaas_service *service = NULL;
    amaas_text *runtime = NULL;

    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_set_registry(options, home, &error));
    OK(amaas_service_options_set_devices(options, "cpu", &error));
    OK(amaas_service_options_set_instances(options, 2, &error));
    OK(amaas_service_options_set_threads(options, 1, &error));
    OK(amaas_service_options_set_eager(options, 1, &error));
    OK(amaas_service_options_set_eager(options, 0, &error));
    OK(amaas_service_options_set_waiting(options, 16, &error));
    INVALID(amaas_service_options_set_devices(options, "gpu", &error), "`gpu`");
    INVALID(amaas_service_options_set_instances(options, 0, &error), "`instances`");
    INVALID(amaas_service_options_set_threads(options, 0, &error), "`threads`");
    INVALID(amaas_service_options_set_registry(options, NULL, &error), "`path` is NULL");
    INVALID(amaas_service_options_set_registry(options, "\xff", &error), "`path` is not UTF-8");
    INVALID(amaas_service_options_set_runtime_library(options, NULL, &error), "`path` is NULL");
    INVALID(amaas_service_options_add_operators(options, NULL, &error), "`path` is NULL");
    INVALID(amaas_service_options_set_devices(options, NULL, &error), "`policy` is NULL");
    INVALID(amaas_service_options_set_registry(NULL, home, &error), "`options` is NULL");
    INVALID(amaas_service_options_set_devices(NULL, "cpu", &error), "`options` is NULL");
    INVALID(amaas_service_options_set_instances(NULL, 1, &error), "`options` is NULL");
    INVALID(amaas_service_options_set_threads(NULL, 1, &error), "`options` is NULL");
    INVALID(amaas_service_options_set_waiting(NULL, 1, &error), "`options` is NULL");
    INVALID(amaas_service_options_set_runtime_library(NULL, "x", &error), "`options` is NULL");
    INVALID(amaas_service_options_new(NULL, &error), "`out` is NULL");
    INVALID(amaas_service_new(options, NULL, &error), "`out` is NULL");
    OK(amaas_service_new(options, &service, &error));
    amaas_service_options_free(options);
    amaas_service_options_free(NULL);
    OK(amaas_service_runtime(service, &runtime, &error));
    CHECK(strncmp(amaas_text_data(runtime), "onnxruntime 1.", 14) == 0);
    amaas_text_free(runtime);
    return service;
}

static void publish(const amaas_service *service, const char *path, const char *version, bool created)
{
    amaas_error *error = NULL;
    amaas_published *published = NULL;
    OK(amaas_service_publish(service, path, &published, &error));
    SAME(amaas_published_name(published), "sentiment");
    SAME(amaas_published_version(published), version);
    CHECK(strlen(amaas_published_digest(published)) == 71);
    CHECK(amaas_published_created(published) == created);
    amaas_published_free(published);
}

static void lists(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_model_list *list = NULL;
    size_t newest = 1;
    OK(amaas_service_models(service, &list, &error));
    CHECK(amaas_model_list_count(list) == 1 && amaas_model_list_version_count(list, 0) == 2);
    SAME(amaas_model_list_name(list, 0), "sentiment");
    if (strcmp(amaas_model_list_version(list, 0, 0), "1.1.0") == 0)
        newest = 0;
    SAME(amaas_model_list_version(list, 0, newest), "1.1.0");
    SAME(amaas_model_list_version(list, 0, 1 - newest), "1.0.0");
    CHECK(strlen(amaas_model_list_version_digest(list, 0, 0)) == 71);
    CHECK(amaas_model_list_version_bytes(list, 0, 0) > 1000);
    CHECK(amaas_model_list_version_published(list, 0, 0) > 1700000000);
    CHECK(amaas_model_list_alias_count(list, 0) == 1);
    SAME(amaas_model_list_alias(list, 0, 0), "champion");
    SAME(amaas_model_list_alias_version(list, 0, 0), "1.0.0");
    CHECK(amaas_model_list_name(list, 1) == NULL && amaas_model_list_version_count(list, 1) == 0);
    CHECK(amaas_model_list_version(list, 0, 2) == NULL && amaas_model_list_version_digest(list, 0, 2) == NULL);
    CHECK(amaas_model_list_version_bytes(list, 0, 2) == 0 && amaas_model_list_version_published(list, 9, 0) == 0);
    CHECK(amaas_model_list_alias(list, 0, 1) == NULL && amaas_model_list_alias_version(list, 1, 0) == NULL);
    CHECK(amaas_model_list_alias_count(list, SIZE_MAX) == 0);
    amaas_model_list_free(list);
}

static void follows(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *route = NULL;
    amaas_model_info *info = NULL;
    amaas_text *back = NULL;
    bool changed = true;
    OK(amaas_service_load(service, "sentiment@champion", &route, &error));
    OK(amaas_route_update(route, &changed, &error));
    CHECK(!changed);
    OK(amaas_service_set_alias(service, "sentiment", "champion", "1.1.0", "1.0.0", NULL, &error));
    REFUSED(amaas_service_set_alias(service, "sentiment", "champion", "1.1.0", "1.0.0", NULL, &error), AMAAS_STATUS_ALIAS_CONFLICT, "");
    OK(amaas_route_update(route, &changed, &error));
    CHECK(changed);
    OK(amaas_route_info(route, &info, &error));
    SAME(amaas_model_info_name(info), "sentiment");
    SAME(amaas_model_info_version(info), "1.1.0");
    SAME(amaas_model_info_task(info), "text-classification");
    amaas_model_info_free(info);
    OK(amaas_service_rollback(service, "sentiment", "champion", "it was better", &back, &error));
    SAME(amaas_text_data(back), "1.0.0");
    amaas_text_free(back);
    OK(amaas_route_update(route, NULL, &error));
    INVALID(amaas_route_update(NULL, &changed, &error), "`route` is NULL");
    amaas_route_free(route);
}

/* A route with settings of its own. */
static void settles(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    amaas_route *route = NULL;
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_set_instances(options, 3, &error));
    OK(amaas_service_load_with(service, "sentiment@1.0.0", options, &route, &error));
    amaas_route_free(route);
    route = NULL;
    OK(amaas_service_options_set_devices(options, "plugin:/nowhere.so", &error));
    REFUSED(amaas_service_load_with(service, "sentiment@1.0.0", options, &route, &error), AMAAS_STATUS_DEVICE_UNAVAILABLE, "nowhere");
    INVALID(amaas_service_load_with(NULL, "sentiment", options, &route, &error), "`service` is NULL");
    INVALID(amaas_service_load_with(service, NULL, options, &route, &error), "`reference` is NULL");
    INVALID(amaas_service_load_with(service, "sentiment", NULL, &route, &error), "`options` is NULL");
    INVALID(amaas_service_load_with(service, "sentiment", options, NULL, &error), "`out` is NULL");
    CHECK(route == NULL);
    amaas_service_options_free(options);
}

static void refuses(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *route = NULL;
    amaas_published *published = NULL;
    amaas_text *text = NULL;
    amaas_model_list *list = NULL;
    REFUSED(amaas_service_load(service, "sentiment@9", &route, &error), AMAAS_STATUS_NOT_FOUND, "1.1.0");
    REFUSED(amaas_service_load(service, "nothing", &route, &error), AMAAS_STATUS_NOT_FOUND, "nothing");
    REFUSED(amaas_service_publish(service, "/nowhere", &published, &error), AMAAS_STATUS_NOT_FOUND, "nowhere");
    INVALID(amaas_service_load(service, "", &route, &error), "");
    INVALID(amaas_service_load(service, "\xff", &route, &error), "`reference` is not UTF-8");
    INVALID(amaas_service_load(service, NULL, &route, &error), "`reference` is NULL");
    INVALID(amaas_service_load(NULL, "x", &route, &error), "`service` is NULL");
    INVALID(amaas_service_load(service, "x", NULL, &error), "`out` is NULL");
    INVALID(amaas_service_publish(NULL, "x", &published, &error), "`service` is NULL");
    INVALID(amaas_service_publish(service, NULL, &published, &error), "`path` is NULL");
    INVALID(amaas_service_publish(service, "x", NULL, &error), "`out` is NULL");
    INVALID(amaas_service_models(NULL, &list, &error), "`service` is NULL");
    INVALID(amaas_service_models(service, NULL, &error), "`out` is NULL");
    INVALID(amaas_service_set_alias(NULL, "a", "b", "1.0.0", NULL, NULL, &error), "`service` is NULL");
    INVALID(amaas_service_set_alias(service, NULL, "best", "1.0.0", NULL, NULL, &error), "`model` is NULL");
    INVALID(amaas_service_set_alias(service, "sentiment", NULL, "1.0.0", NULL, NULL, &error), "`alias` is NULL");
    INVALID(amaas_service_set_alias(service, "sentiment", "best", NULL, NULL, NULL, &error), "`version` is NULL");
    INVALID(amaas_service_set_alias(service, "sentiment", "best", "^1", NULL, NULL, &error), "`version` is not a version");
    INVALID(amaas_service_set_alias(service, "sentiment", "best", "1.0.0", "x", NULL, &error), "`expected` is not a version");
    INVALID(amaas_service_rollback(NULL, "a", "b", NULL, &text, &error), "`service` is NULL");
    INVALID(amaas_service_rollback(service, NULL, "b", NULL, &text, &error), "`model` is NULL");
    INVALID(amaas_service_rollback(service, "sentiment", NULL, NULL, &text, &error), "`alias` is NULL");
    INVALID(amaas_service_rollback(service, "sentiment", "champion", NULL, NULL, &error), "`out` is NULL");
    INVALID(amaas_service_runtime(NULL, &text, &error), "`service` is NULL");
    INVALID(amaas_service_runtime(service, NULL, &error), "`out` is NULL");
    CHECK(route == NULL && published == NULL && text == NULL && list == NULL);
    CHECK(amaas_text_data(NULL) == NULL && amaas_published_name(NULL) == NULL);
    CHECK(amaas_published_version(NULL) == NULL && amaas_published_digest(NULL) == NULL);
    CHECK(!amaas_published_created(NULL) && amaas_model_list_count(NULL) == 0);
    CHECK(amaas_model_list_name(NULL, 0) == NULL && amaas_model_list_version_count(NULL, 0) == 0);
    CHECK(amaas_model_list_version(NULL, 0, 0) == NULL && amaas_model_list_alias_count(NULL, 0) == 0);
    amaas_text_free(NULL);
    amaas_published_free(NULL);
    amaas_model_list_free(NULL);
    amaas_service_free(NULL);
}

/* What does not answer as its author wrote is not stored. */
static void asks_golden_examples(const amaas_service *service, const char *wrong)
{
    amaas_error *error = NULL;
    amaas_published *published = NULL;
    amaas_model_list *list = NULL;
    REFUSED(amaas_service_publish(service, wrong, &published, &error), AMAAS_STATUS_GOLDEN_MISMATCH, "golden");
    CHECK(published == NULL);
    OK(amaas_service_models(service, &list, &error));
    CHECK(amaas_model_list_count(list) == 0);
    amaas_model_list_free(list);
}

int main(int argc, char **argv)
{
    amaas_error *error = NULL;
    amaas_service *service;
    CHECK(argc == 3);
    service = start(argv[1]);
    asks_golden_examples(service, argv[2]);
    publish(service, "models/sentiment/1.0.0", "1.0.0", true);
    publish(service, "models/sentiment/1.1.0", "1.1.0", true);
    publish(service, "models/sentiment/1.1.0", "1.1.0", false);
    OK(amaas_service_set_alias(service, "sentiment", "champion", "1.0.0", "", NULL, &error));
    lists(service);
    follows(service);
    settles(service);
    refuses(service);
    amaas_service_free(service);
    return 0;
}
