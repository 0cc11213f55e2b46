/* Models that come and go: archives, other tools' folders, Triton; and versions that are kept. */
#include "home.h"

static void exports(const amaas_service *service, const char *all, const char *part)
{
    amaas_error *error = NULL;
    amaas_export_options *options = NULL;
    amaas_exported exported = {.size = sizeof exported}, small = {.size = 4};
    uint64_t bytes;
    OK(amaas_service_set_alias(service, "sentiment", "best", "1.0.0", NULL, "for export", &error));
    OK(amaas_service_export_archive(service, all, NULL, &exported, &error));
    CHECK(exported.size == sizeof exported && exported.versions == 2 && exported.blobs > 6);
    bytes = exported.bytes;

    OK(amaas_export_options_new(&options, &error));
    OK(amaas_export_options_add(options, "sentiment", "^1", &error));
    OK(amaas_export_options_set_aliases(options, 0, &error));
    OK(amaas_service_export_archive(service, part, options, &exported, &error));
    CHECK(exported.versions == 1 && exported.bytes < bytes);
    OK(amaas_export_options_add(options, "sentiment", NULL, &error));
    OK(amaas_service_export_archive(service, part, options, &exported, &error));
    CHECK(exported.versions == 2 && exported.bytes <= bytes);

    INVALID(amaas_service_export_archive(service, part, options, &small, &error), "`out->size` is `4`");
    INVALID(amaas_service_export_archive(service, part, options, NULL, &error), "`out` is NULL");
    INVALID(amaas_service_export_archive(service, NULL, options, &exported, &error), "`path` is NULL");
    INVALID(amaas_service_export_archive(NULL, part, options, &exported, &error), "`service` is NULL");
    REFUSED(amaas_service_export_archive(service, "/nowhere/x.tar", options, &exported, &error), AMAAS_STATUS_IO, "/nowhere");
    OK(amaas_export_options_add(options, "nothing", NULL, &error));
    REFUSED(amaas_service_export_archive(service, part, options, &exported, &error), AMAAS_STATUS_NOT_FOUND, "nothing");
    CHECK(exported.versions == 2 && small.versions == 0);
    INVALID(amaas_export_options_add(options, NULL, NULL, &error), "`model` is NULL");
    INVALID(amaas_export_options_add(options, "a b", NULL, &error), "a b");
    INVALID(amaas_export_options_add(options, "sentiment", "\xff", &error), "`selector` is not UTF-8");
    INVALID(amaas_export_options_add(NULL, "sentiment", NULL, &error), "`options` is NULL");
    INVALID(amaas_export_options_set_aliases(NULL, 1, &error), "`options` is NULL");
    INVALID(amaas_export_options_new(NULL, &error), "`out` is NULL");
    amaas_export_options_free(options);
}

static void imports(const amaas_service *service, const char *all)
{
    amaas_error *error = NULL;
    amaas_import_limits *limits = NULL;
    amaas_imported *imported = NULL;
    OK(amaas_import_limits_new(&limits, &error));
    OK(amaas_import_limits_set_bytes(limits, 1000, &error));
    REFUSED(amaas_service_import_archive(service, all, limits, &imported, &error), AMAAS_STATUS_INVALID_PACKAGE, "1000");
    OK(amaas_import_limits_set_bytes(limits, UINT64_MAX, &error));
    OK(amaas_import_limits_set_entries(limits, 3, &error));
    REFUSED(amaas_service_import_archive(service, all, limits, &imported, &error), AMAAS_STATUS_INVALID_PACKAGE, "3");
    OK(amaas_import_limits_set_entries(limits, 1000, &error));
    CHECK(imported == NULL);
    OK(amaas_service_import_archive(service, all, limits, &imported, &error));
    CHECK(amaas_imported_version_count(imported) == 2 && amaas_imported_version_created(imported, 0));
    SAME(amaas_imported_version_model(imported, 0), "sentiment");
    SAME(amaas_imported_version(imported, 0), "1.0.0");
    CHECK(strlen(amaas_imported_version_digest(imported, 1)) == 71);
    CHECK(amaas_imported_version_format(imported, 0) == AMAAS_FORMAT_NONE && amaas_imported_version_note_count(imported, 0) == 0);
    CHECK(amaas_imported_alias_count(imported) == 1 && amaas_imported_alias_created(imported, 0));
    SAME(amaas_imported_alias_model(imported, 0), "sentiment");
    SAME(amaas_imported_alias(imported, 0), "best");
    CHECK(amaas_imported_version(imported, 2) == NULL && amaas_imported_version_model(imported, 2) == NULL);
    CHECK(amaas_imported_version_digest(imported, 2) == NULL && !amaas_imported_version_created(imported, 2));
    CHECK(amaas_imported_version_format(imported, SIZE_MAX) == AMAAS_FORMAT_NONE);
    CHECK(amaas_imported_version_note_count(imported, 2) == 0 && amaas_imported_version_note(imported, 0, 0) == NULL);
    CHECK(amaas_imported_alias(imported, 1) == NULL && amaas_imported_alias_model(imported, 1) == NULL);
    CHECK(!amaas_imported_alias_created(imported, 1));
    amaas_imported_free(imported);

    /* Again: nothing is new. */
    OK(amaas_service_import_archive(service, all, NULL, &imported, &error));
    CHECK(!amaas_imported_version_created(imported, 0) && !amaas_imported_alias_created(imported, 0));
    amaas_imported_free(imported);
    imported = NULL;

    INVALID(amaas_import_limits_new(NULL, &error), "`out` is NULL");
    INVALID(amaas_import_limits_set_bytes(NULL, 1, &error), "`limits` is NULL");
    INVALID(amaas_import_limits_set_bytes(limits, 0, &error), "`bytes` is `0`");
    INVALID(amaas_import_limits_set_entries(NULL, 1, &error), "`limits` is NULL");
    INVALID(amaas_import_limits_set_entries(limits, 0, &error), "`entries` is `0`");
    INVALID(amaas_service_import_archive(NULL, all, limits, &imported, &error), "`service` is NULL");
    INVALID(amaas_service_import_archive(service, NULL, limits, &imported, &error), "`path` is NULL");
    INVALID(amaas_service_import_archive(service, all, limits, NULL, &error), "`out` is NULL");
    REFUSED(amaas_service_import_archive(service, "/nowhere.tar", limits, &imported, &error), AMAAS_STATUS_NOT_FOUND, "nowhere");
    REFUSED(amaas_service_import_archive(service, "tests/fixtures/add.onnx", limits, &imported, &error), AMAAS_STATUS_CORRUPT, "add.onnx");
    CHECK(imported == NULL);
    amaas_import_limits_free(limits);
}

static void adopts(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_import_options *options = NULL;
    amaas_imported *imported = NULL;
    amaas_route *route = NULL;
    OK(amaas_import_options_new(&options, &error));
    OK(amaas_import_options_set_name(options, "sum", &error));
    OK(amaas_import_options_set_version(options, "2.1.0", &error));
    OK(amaas_import_options_set_license(options, "MIT", &error));
    OK(amaas_import_options_set_format(options, AMAAS_FORMAT_ONNX, &error));
    OK(amaas_service_import_model(service, "tests/fixtures/add.onnx", options, &imported, &error));
    CHECK(amaas_imported_version_count(imported) == 1 && amaas_imported_alias_count(imported) == 0);
    SAME(amaas_imported_version_model(imported, 0), "sum");
    SAME(amaas_imported_version(imported, 0), "2.1.0");
    CHECK(amaas_imported_version_created(imported, 0) && amaas_imported_version_format(imported, 0) == AMAAS_FORMAT_ONNX);
    CHECK(amaas_imported_version_note_count(imported, 0) > 0);
    CHECK(strstr(amaas_imported_version_note(imported, 0, 0), "carried over"));
    CHECK(amaas_imported_version_note(imported, 0, 99) == NULL);
    amaas_imported_free(imported);
    OK(amaas_service_load(service, "sum@2.1.0", &route, &error));
    amaas_route_free(route);
    OK(amaas_service_import_model(service, "tests/fixtures/add.onnx", NULL, &imported, &error));
    SAME(amaas_imported_version(imported, 0), "1.0.0");
    amaas_imported_free(imported);
    imported = NULL;

    /* Options that only snapshots of Hugging Face know are refused for others. */
    OK(amaas_import_options_set_pooling(options, AMAAS_POOLING_LAST, &error));
    INVALID(amaas_service_import_model(service, "tests/fixtures/add.onnx", options, &imported, &error), "`pooling`");
    OK(amaas_import_options_set_graph(options, "onnx/model.onnx", &error));
    INVALID(amaas_service_import_model(service, "tests/fixtures/add.onnx", options, &imported, &error), "`graph`");

    INVALID(amaas_import_options_new(NULL, &error), "`out` is NULL");
    INVALID(amaas_import_options_set_name(NULL, "x", &error), "`options` is NULL");
    INVALID(amaas_import_options_set_name(options, NULL, &error), "`model` is NULL");
    INVALID(amaas_import_options_set_name(options, "a b", &error), "a b");
    INVALID(amaas_import_options_set_version(NULL, "1.0.0", &error), "`options` is NULL");
    INVALID(amaas_import_options_set_version(options, NULL, &error), "`version` is NULL");
    INVALID(amaas_import_options_set_version(options, "1", &error), "`version` is not a version");
    INVALID(amaas_import_options_set_license(NULL, "MIT", &error), "`options` is NULL");
    INVALID(amaas_import_options_set_license(options, NULL, &error), "`license` is NULL");
    INVALID(amaas_import_options_set_format(NULL, AMAAS_FORMAT_ONNX, &error), "`options` is NULL");
    INVALID(amaas_import_options_set_format(options, AMAAS_FORMAT_NONE, &error), "`format` is `0`");
    INVALID(amaas_import_options_set_format(options, INT32_MIN, &error), "`format` is `-2147483648`");
    INVALID(amaas_import_options_set_graph(NULL, "x", &error), "`options` is NULL");
    INVALID(amaas_import_options_set_graph(options, NULL, &error), "`graph` is NULL");
    INVALID(amaas_import_options_set_graph(options, "../x", &error), "../x");
    INVALID(amaas_import_options_set_pooling(NULL, AMAAS_POOLING_MEAN, &error), "`options` is NULL");
    INVALID(amaas_import_options_set_pooling(options, -1, &error), "`pooling` is `-1`");
    INVALID(amaas_import_options_set_pooling(options, INT32_MAX, &error), "`pooling`");
    INVALID(amaas_service_import_model(NULL, "x", options, &imported, &error), "`service` is NULL");
    INVALID(amaas_service_import_model(service, NULL, options, &imported, &error), "`path` is NULL");
    INVALID(amaas_service_import_model(service, "x", options, NULL, &error), "`out` is NULL");
    REFUSED(amaas_service_import_model(service, "/nowhere", NULL, &imported, &error), AMAAS_STATUS_NOT_FOUND, "nowhere");
    CHECK(imported == NULL);
    amaas_import_options_free(options);
}

static void triton(const amaas_service *service, const char *repository)
{
    amaas_error *error = NULL;
    amaas_triton *triton = NULL;
    amaas_import_options *options = NULL;
    amaas_imported *imported = NULL;
    OK(amaas_service_export_triton(service, "sentiment@1.0.0", repository, &triton, &error));
    CHECK(strncmp(amaas_triton_folder(triton), repository, strlen(repository)) == 0);
    CHECK(amaas_triton_version(triton) == 1 && amaas_triton_note_count(triton) > 0);
    CHECK(amaas_triton_note(triton, 0) != NULL && amaas_triton_note(triton, SIZE_MAX) == NULL);
    amaas_triton_free(triton);
    triton = NULL;
    REFUSED(amaas_service_export_triton(service, "sentiment@1.0.0", repository, &triton, &error), AMAAS_STATUS_ALREADY_EXISTS, "");

    /* And back, under another name. */
    OK(amaas_import_options_new(&options, &error));
    OK(amaas_import_options_set_name(options, "returned", &error));
    OK(amaas_service_import_model(service, repository, options, &imported, &error));
    CHECK(amaas_imported_version_format(imported, 0) == AMAAS_FORMAT_TRITON);
    SAME(amaas_imported_version_model(imported, 0), "returned");
    amaas_imported_free(imported);
    amaas_import_options_free(options);

    INVALID(amaas_service_export_triton(NULL, "sentiment", repository, &triton, &error), "`service` is NULL");
    INVALID(amaas_service_export_triton(service, NULL, repository, &triton, &error), "`reference` is NULL");
    INVALID(amaas_service_export_triton(service, "sentiment", NULL, &triton, &error), "`repository` is NULL");
    INVALID(amaas_service_export_triton(service, "sentiment", repository, NULL, &error), "`out` is NULL");
    INVALID(amaas_service_export_triton(service, "./x", repository, &triton, &error), "`reference` is a path");
    REFUSED(amaas_service_export_triton(service, "sentiment@9", repository, &triton, &error), AMAAS_STATUS_NOT_FOUND, "1.1.0");
    CHECK(triton == NULL);
}

/* Whether the route serves that version. */
static bool serves(const amaas_route *route, const char *version)
{
    amaas_error *error = NULL;
    amaas_model_info *info = NULL;
    bool same;
    OK(amaas_route_info(route, &info, &error));
    same = strcmp(amaas_model_info_version(info), version) == 0;
    amaas_model_info_free(info);
    return same;
}

static void keeps(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_kept *kept = NULL;
    amaas_route_list *list = NULL;
    amaas_route *own = NULL;
    const char *versions[] = {"1.0.0", "1.1.0"}, *wrong[] = {"1.0.0", "x"}, *missing[] = {"9.0.0"};
    bool changed = true;

    OK(amaas_service_keep_latest(service, "sentiment", 1, &kept, &error));
    OK(amaas_kept_update(kept, &changed, &error));
    CHECK(!changed);
    OK(amaas_kept_routes(kept, &list, &error));
    CHECK(amaas_route_list_count(list) == 1 && serves(amaas_route_list_route(list, 0), "1.1.0"));
    CHECK(amaas_route_list_route(list, 1) == NULL);

    /* A yank moves what is kept; a route outlives list and keeping. */
    OK(amaas_service_yank(service, "sentiment", "1.1.0", NULL, &error));
    OK(amaas_kept_update(kept, &changed, &error));
    CHECK(changed);
    OK(amaas_route_clone(amaas_route_list_route(list, 0), &own, &error));
    amaas_route_list_free(list);
    OK(amaas_kept_routes(kept, &list, &error));
    CHECK(serves(amaas_route_list_route(list, 0), "1.0.0"));
    amaas_kept_free(kept);
    CHECK(serves(own, "1.1.0") && serves(amaas_route_list_route(list, 0), "1.0.0"));
    amaas_route_free(own);
    amaas_route_list_free(list);
    OK(amaas_service_unyank(service, "sentiment", "1.1.0", &error));

    OK(amaas_service_keep_all(service, "sentiment", &kept, &error));
    OK(amaas_kept_update(kept, NULL, &error));
    OK(amaas_kept_routes(kept, &list, &error));
    CHECK(amaas_route_list_count(list) == 2);
    amaas_route_list_free(list);
    amaas_kept_free(kept);
    OK(amaas_service_keep_versions(service, "sentiment", versions, 1, &kept, &error));
    OK(amaas_kept_routes(kept, &list, &error));
    CHECK(amaas_route_list_count(list) == 1 && serves(amaas_route_list_route(list, 0), "1.0.0"));
    amaas_route_list_free(list);
    amaas_kept_free(kept);
    OK(amaas_service_keep_versions(service, "sentiment", NULL, 0, &kept, &error));
    amaas_kept_free(kept);

    kept = NULL;
    list = NULL;
    INVALID(amaas_service_keep_latest(NULL, "sentiment", 1, &kept, &error), "`service` is NULL");
    INVALID(amaas_service_keep_latest(service, NULL, 1, &kept, &error), "`model` is NULL");
    INVALID(amaas_service_keep_latest(service, "sentiment", 0, &kept, &error), "`count` is `0`");
    INVALID(amaas_service_keep_latest(service, "sentiment", 1, NULL, &error), "`out` is NULL");
    REFUSED(amaas_service_keep_latest(service, "nothing", 1, &kept, &error), AMAAS_STATUS_NOT_FOUND, "nothing");
    INVALID(amaas_service_keep_all(NULL, "sentiment", &kept, &error), "`service` is NULL");
    INVALID(amaas_service_keep_all(service, NULL, &kept, &error), "`model` is NULL");
    INVALID(amaas_service_keep_all(service, "sentiment", NULL, &error), "`out` is NULL");
    INVALID(amaas_service_keep_versions(NULL, "sentiment", versions, 2, &kept, &error), "`service` is NULL");
    INVALID(amaas_service_keep_versions(service, NULL, versions, 2, &kept, &error), "`model` is NULL");
    INVALID(amaas_service_keep_versions(service, "sentiment", NULL, 2, &kept, &error), "`versions` is NULL");
    INVALID(amaas_service_keep_versions(service, "sentiment", versions, SIZE_MAX, &kept, &error), "`versions` cannot hold");
    INVALID(amaas_service_keep_versions(service, "sentiment", wrong, 2, &kept, &error), "`versions[1]` is not a version");
    INVALID(amaas_service_keep_versions(service, "sentiment", versions, 2, NULL, &error), "`out` is NULL");
    REFUSED(amaas_service_keep_versions(service, "sentiment", missing, 1, &kept, &error), AMAAS_STATUS_NOT_FOUND, "9.0.0");
    INVALID(amaas_kept_update(NULL, &changed, &error), "`kept` is NULL");
    INVALID(amaas_kept_routes(NULL, &list, &error), "`kept` is NULL");
    OK(amaas_service_keep_latest(service, "sentiment", SIZE_MAX, &kept, &error));
    INVALID(amaas_kept_routes(kept, NULL, &error), "`out` is NULL");
    CHECK(list == NULL);
    amaas_kept_free(kept);
}

/* Getters of nothing. */
static void nothing(void)
{
    CHECK(amaas_imported_version_count(NULL) == 0 && amaas_imported_version_model(NULL, 0) == NULL);
    CHECK(amaas_imported_version(NULL, 0) == NULL && amaas_imported_version_digest(NULL, 0) == NULL);
    CHECK(!amaas_imported_version_created(NULL, 0) && amaas_imported_version_format(NULL, 0) == AMAAS_FORMAT_NONE);
    CHECK(amaas_imported_version_note_count(NULL, 0) == 0 && amaas_imported_version_note(NULL, 0, 0) == NULL);
    CHECK(amaas_imported_alias_count(NULL) == 0 && amaas_imported_alias_model(NULL, 0) == NULL);
    CHECK(amaas_imported_alias(NULL, 0) == NULL && !amaas_imported_alias_created(NULL, 0));
    CHECK(amaas_triton_folder(NULL) == NULL && amaas_triton_version(NULL) == 0);
    CHECK(amaas_triton_note_count(NULL) == 0 && amaas_triton_note(NULL, 0) == NULL);
    CHECK(amaas_route_list_count(NULL) == 0 && amaas_route_list_route(NULL, 0) == NULL);
    amaas_export_options_free(NULL);
    amaas_import_limits_free(NULL);
    amaas_import_options_free(NULL);
    amaas_imported_free(NULL);
    amaas_triton_free(NULL);
    amaas_kept_free(NULL);
    amaas_route_list_free(NULL);
}

/* `part` of the folder that the test was given. */
static const char *within(const char *folder, const char *part, char *path)
{
    snprintf(path, 4096, "%s/%s", folder, part);
    return path;
}

int main(int argc, char **argv)
{
    char all[4096], part[4096], repository[4096];
    amaas_service *first, *second;
    CHECK(argc == 2);
    first = start(argv[1], "here");
    second = start(argv[1], "there");
    publish(first, "models/sentiment/1.0.0");
    publish(first, "models/sentiment/1.1.0");
    exports(first, within(argv[1], "all.tar", all), within(argv[1], "part.tar", part));
    imports(second, all);
    adopts(second);
    triton(first, within(argv[1], "triton", repository));
    keeps(first);
    nothing();
    amaas_service_free(first);
    amaas_service_free(second);
    return 0;
}
