/* Remotes: three registries on this machine, one open, one with a password, one with TLS. */
#include "home.h"

#include <stdatomic.h>

/* What the test was told. */
struct site {
    const char *open, *guarded, *user, *password, *file, *secure, *certificates;
};

static amaas_remote_options *new_options(void)
{
    amaas_error *error = NULL;
    amaas_remote_options *options = NULL;
    OK(amaas_remote_options_new(&options, &error));
    return options;
}

static amaas_remote *reach(const char *address, const amaas_remote_options *options)
{
    amaas_error *error = NULL;
    amaas_remote *remote = NULL;
    OK(amaas_remote_open(address, options, &remote, &error));
    return remote;
}

/* What a callback has seen; several threads write to it. */
struct seen {
    atomic_ullong calls, most, total;
    const amaas_stop *stop;
};

static void see(void *data, const amaas_transfer *transfer)
{
    struct seen *seen = data;
    CHECK(transfer->size == sizeof *transfer && strlen(transfer->digest) == 71);
    CHECK(transfer->done <= transfer->total && transfer->all_done <= transfer->all_total);
    atomic_fetch_add(&seen->calls, 1);
    atomic_store(&seen->total, transfer->all_total);
    if (transfer->all_done > atomic_load(&seen->most))
        atomic_store(&seen->most, transfer->all_done);
    amaas_stop_raise(seen->stop);
}

static void moves(const struct site *site, const amaas_service *here, const amaas_service *there)
{
    amaas_error *error = NULL;
    amaas_remote_options *options = new_options();
    amaas_remote *remote;
    amaas_transferred *moved = NULL;
    amaas_resolved *resolved = NULL;
    amaas_remote_model *model = NULL;
    amaas_text *version = NULL;
    amaas_route *route = NULL;
    struct seen seen = {.stop = NULL};

    OK(amaas_remote_options_set_anonymous(options, &error));
    OK(amaas_remote_options_set_plain_http(options, 1, &error));
    OK(amaas_remote_options_set_parallel(options, 1, &error));
    OK(amaas_remote_options_set_chunk(options, 1 << 20, &error));
    OK(amaas_remote_options_set_limit(options, 1 << 30, &error));
    OK(amaas_remote_options_set_silence(options, 20000, &error));
    OK(amaas_remote_options_set_progress(options, see, &seen, &error));
    remote = reach(site->open, options);
    amaas_remote_options_free(options);

    REFUSED(amaas_remote_list(remote, "sentiment", &model, &error), AMAAS_STATUS_NOT_FOUND, "sentiment");
    OK(amaas_remote_push(remote, here, "sentiment@1.0.0", &moved, &error));
    SAME(amaas_transferred_name(moved), "sentiment");
    SAME(amaas_transferred_version(moved), "1.0.0");
    CHECK(strlen(amaas_transferred_digest(moved)) == 71 && amaas_transferred_created(moved));
    CHECK(amaas_transferred_blobs(moved) > 3 && amaas_transferred_bytes(moved) > 1000);
    CHECK(atomic_load(&seen.calls) > 0 && atomic_load(&seen.most) == atomic_load(&seen.total));
    amaas_transferred_free(moved);
    OK(amaas_remote_push(remote, here, "sentiment@1.0.0", &moved, &error));
    CHECK(!amaas_transferred_created(moved) && amaas_transferred_blobs(moved) == 0);
    amaas_transferred_free(moved);
    OK(amaas_remote_push(remote, here, "sentiment", &moved, &error));
    amaas_transferred_free(moved);

    OK(amaas_remote_set_alias(remote, "sentiment", "best", "^1.0, <1.1", &version, &error));
    SAME(amaas_text_data(version), "1.0.0");
    amaas_text_free(version);
    OK(amaas_remote_list(remote, "sentiment", &model, &error));
    CHECK(amaas_remote_model_version_count(model) == 2 && amaas_remote_model_alias_count(model) == 1);
    SAME(amaas_remote_model_version(model, 1), "1.1.0");
    SAME(amaas_remote_model_alias(model, 0), "best");
    CHECK(amaas_remote_model_version(model, 2) == NULL && amaas_remote_model_alias(model, 1) == NULL);
    amaas_remote_model_free(model);
    OK(amaas_remote_resolve(remote, "sentiment@best", &resolved, &error));
    SAME(amaas_resolved_version(resolved), "1.0.0");
    CHECK(amaas_resolved_notice_count(resolved) == 0);
    amaas_resolved_free(resolved);

    OK(amaas_remote_pull(remote, there, "sentiment@best", &moved, &error));
    SAME(amaas_transferred_version(moved), "1.0.0");
    CHECK(amaas_transferred_created(moved) && amaas_transferred_blobs(moved) > 3);
    amaas_transferred_free(moved);
    OK(amaas_remote_pull(remote, there, "sentiment@best", &moved, &error));
    CHECK(!amaas_transferred_created(moved) && amaas_transferred_bytes(moved) == 0);
    amaas_transferred_free(moved);
    OK(amaas_service_load(there, "sentiment", &route, &error));
    amaas_route_free(route);

    moved = NULL;
    resolved = NULL;
    model = NULL;
    version = NULL;
    REFUSED(amaas_remote_push(remote, here, "sentiment@9", &moved, &error), AMAAS_STATUS_NOT_FOUND, "1.1.0");
    REFUSED(amaas_remote_pull(remote, there, "sentiment@9", &moved, &error), AMAAS_STATUS_NOT_FOUND, "1.1.0");
    REFUSED(amaas_remote_resolve(remote, "sentiment@9", &resolved, &error), AMAAS_STATUS_NOT_FOUND, "1.1.0");
    REFUSED(amaas_remote_set_alias(remote, "sentiment", "best", "9.0.0", &version, &error), AMAAS_STATUS_NOT_FOUND, "1.1.0");
    INVALID(amaas_remote_push(NULL, here, "sentiment", &moved, &error), "`remote` is NULL");
    INVALID(amaas_remote_push(remote, NULL, "sentiment", &moved, &error), "`service` is NULL");
    INVALID(amaas_remote_push(remote, here, NULL, &moved, &error), "`reference` is NULL");
    INVALID(amaas_remote_push(remote, here, "sentiment", NULL, &error), "`out` is NULL");
    INVALID(amaas_remote_push(remote, here, "models/sentiment", &moved, &error), "`reference` is a path");
    INVALID(amaas_remote_pull(NULL, there, "sentiment", &moved, &error), "`remote` is NULL");
    INVALID(amaas_remote_pull(remote, NULL, "sentiment", &moved, &error), "`service` is NULL");
    INVALID(amaas_remote_pull(remote, there, NULL, &moved, &error), "`reference` is NULL");
    INVALID(amaas_remote_pull(remote, there, "sentiment", NULL, &error), "`out` is NULL");
    INVALID(amaas_remote_pull(remote, there, "\xff", &moved, &error), "`reference` is not UTF-8");
    INVALID(amaas_remote_list(NULL, "sentiment", &model, &error), "`remote` is NULL");
    INVALID(amaas_remote_list(remote, NULL, &model, &error), "`model` is NULL");
    INVALID(amaas_remote_list(remote, "sentiment", NULL, &error), "`out` is NULL");
    INVALID(amaas_remote_resolve(NULL, "sentiment", &resolved, &error), "`remote` is NULL");
    INVALID(amaas_remote_resolve(remote, NULL, &resolved, &error), "`reference` is NULL");
    INVALID(amaas_remote_resolve(remote, "sentiment", NULL, &error), "`out` is NULL");
    INVALID(amaas_remote_set_alias(NULL, "sentiment", "best", "1.0.0", &version, &error), "`remote` is NULL");
    INVALID(amaas_remote_set_alias(remote, NULL, "best", "1.0.0", &version, &error), "`model` is NULL");
    INVALID(amaas_remote_set_alias(remote, "sentiment", NULL, "1.0.0", &version, &error), "`alias` is NULL");
    INVALID(amaas_remote_set_alias(remote, "sentiment", "best", NULL, &version, &error), "`selector` is NULL");
    INVALID(amaas_remote_set_alias(remote, "sentiment", "best", "1.0.0", NULL, &error), "`out` is NULL");
    CHECK(moved == NULL && resolved == NULL && model == NULL && version == NULL);
    amaas_remote_free(remote);
}

/* A callback raises the flag: the push ends, and another goes on where it was. */
static void cancels(const struct site *site, const amaas_service *here)
{
    amaas_error *error = NULL;
    amaas_remote_options *options = new_options();
    amaas_remote *remote;
    amaas_stop *stop = NULL;
    amaas_transferred *moved = NULL;
    struct seen seen = {.stop = NULL};
    char address[4096];

    snprintf(address, sizeof address, "%s/elsewhere", site->open);
    OK(amaas_stop_new(&stop, &error));
    seen.stop = stop;
    OK(amaas_remote_options_set_anonymous(options, &error));
    OK(amaas_remote_options_set_parallel(options, 1, &error));
    OK(amaas_remote_options_set_progress(options, see, &seen, &error));
    OK(amaas_remote_options_set_stop(options, stop, &error));
    remote = reach(address, options);
    REFUSED(amaas_remote_push(remote, here, "sentiment@1.0.0", &moved, &error), AMAAS_STATUS_CANCELLED, "");
    CHECK(moved == NULL && atomic_load(&seen.calls) > 0);
    REFUSED(amaas_remote_pull(remote, here, "sentiment@1.0.0", &moved, &error), AMAAS_STATUS_CANCELLED, "");
    CHECK(moved == NULL);
    amaas_remote_free(remote);
    amaas_stop_free(stop);
    amaas_remote_options_free(options);

    remote = reach(address, NULL);
    OK(amaas_remote_push(remote, here, "sentiment@1.0.0", &moved, &error));
    amaas_transferred_free(moved);
    amaas_remote_free(remote);
}

static amaas_status try_push(const char *address, const amaas_remote_options *options, const amaas_service *here)
{
    amaas_remote *remote = reach(address, options);
    amaas_transferred *moved = NULL;
    amaas_status status = amaas_remote_push(remote, here, "sentiment@1.0.0", &moved, NULL);
    CHECK((moved != NULL) == (status == AMAAS_STATUS_OK));
    amaas_transferred_free(moved);
    amaas_remote_free(remote);
    return status;
}

static void asks(const struct site *site, const amaas_service *here)
{
    amaas_error *error = NULL;
    amaas_remote_options *options = new_options();
    OK(amaas_remote_options_set_anonymous(options, &error));
    CHECK(try_push(site->guarded, options, here) == AMAAS_STATUS_ACCESS_DENIED);
    OK(amaas_remote_options_set_credentials(options, site->user, "a guess", &error));
    CHECK(try_push(site->guarded, options, here) == AMAAS_STATUS_ACCESS_DENIED);
    OK(amaas_remote_options_set_credentials(options, site->user, site->password, &error));
    CHECK(try_push(site->guarded, options, here) == AMAAS_STATUS_OK);
    amaas_remote_options_free(options);

    options = new_options();
    OK(amaas_remote_options_set_credentials_file(options, site->file, &error));
    CHECK(try_push(site->guarded, options, here) == AMAAS_STATUS_OK);
    amaas_remote_options_free(options);

    options = new_options();
    OK(amaas_remote_options_set_anonymous(options, &error));
    OK(amaas_remote_options_set_certificates(options, site->certificates, &error));
    CHECK(try_push(site->secure, options, here) == AMAAS_STATUS_OK);
    amaas_remote_options_free(options);
}

static void refuses(const struct site *site)
{
    amaas_error *error = NULL;
    amaas_remote *remote = NULL;
    amaas_stop *stop = NULL;
    amaas_remote_options *options = new_options();
    INVALID(amaas_remote_open(NULL, NULL, &remote, &error), "`address` is NULL");
    INVALID(amaas_remote_open("\xff", NULL, &remote, &error), "`address` is not UTF-8");
    INVALID(amaas_remote_open("https://here/acme", NULL, &remote, &error), "oci://");
    INVALID(amaas_remote_open(site->open, NULL, NULL, &error), "`out` is NULL");
    OK(amaas_remote_options_set_certificates(options, "/nowhere.pem", &error));
    REFUSED(amaas_remote_open(site->open, options, &remote, &error), AMAAS_STATUS_IO, "nowhere.pem");
    amaas_remote_options_free(options);
    options = new_options();
    OK(amaas_remote_options_set_credentials_file(options, "/nowhere.json", &error));
    REFUSED(amaas_remote_open(site->open, options, &remote, &error), AMAAS_STATUS_IO, "nowhere.json");
    CHECK(remote == NULL);

    OK(amaas_stop_new(&stop, &error));
    INVALID(amaas_remote_options_new(NULL, &error), "`out` is NULL");
    INVALID(amaas_remote_options_set_credentials(NULL, "a", "b", &error), "`options` is NULL");
    INVALID(amaas_remote_options_set_credentials(options, NULL, "b", &error), "`user` is NULL");
    INVALID(amaas_remote_options_set_credentials(options, "a", NULL, &error), "`password` is NULL");
    INVALID(amaas_remote_options_set_credentials(options, "a", "\xff", &error), "`password` is not UTF-8");
    INVALID(amaas_remote_options_set_anonymous(NULL, &error), "`options` is NULL");
    INVALID(amaas_remote_options_set_credentials_file(NULL, "a", &error), "`options` is NULL");
    INVALID(amaas_remote_options_set_credentials_file(options, NULL, &error), "`path` is NULL");
    INVALID(amaas_remote_options_set_certificates(NULL, "a", &error), "`options` is NULL");
    INVALID(amaas_remote_options_set_certificates(options, NULL, &error), "`path` is NULL");
    INVALID(amaas_remote_options_set_plain_http(NULL, 1, &error), "`options` is NULL");
    INVALID(amaas_remote_options_set_parallel(NULL, 1, &error), "`options` is NULL");
    INVALID(amaas_remote_options_set_parallel(options, 0, &error), "`count` is `0`");
    INVALID(amaas_remote_options_set_chunk(NULL, 1, &error), "`options` is NULL");
    INVALID(amaas_remote_options_set_chunk(options, 0, &error), "`bytes` is `0`");
    INVALID(amaas_remote_options_set_limit(options, 0, &error), "`bytes` is `0`");
    INVALID(amaas_remote_options_set_silence(NULL, 1, &error), "`options` is NULL");
    INVALID(amaas_remote_options_set_silence(options, 0, &error), "`milliseconds` is `0`");
    INVALID(amaas_remote_options_set_progress(NULL, see, NULL, &error), "`options` is NULL");
    INVALID(amaas_remote_options_set_progress(options, NULL, NULL, &error), "`progress` is NULL");
    INVALID(amaas_remote_options_set_stop(NULL, stop, &error), "`options` is NULL");
    INVALID(amaas_remote_options_set_stop(options, NULL, &error), "`stop` is NULL");
    amaas_stop_free(stop);
    amaas_remote_options_free(options);
}

/* Getters of nothing. */
static void nothing(void)
{
    CHECK(amaas_transferred_name(NULL) == NULL && amaas_transferred_version(NULL) == NULL);
    CHECK(amaas_transferred_digest(NULL) == NULL && !amaas_transferred_created(NULL));
    CHECK(amaas_transferred_blobs(NULL) == 0 && amaas_transferred_bytes(NULL) == 0);
    CHECK(amaas_remote_model_version_count(NULL) == 0 && amaas_remote_model_version(NULL, 0) == NULL);
    CHECK(amaas_remote_model_alias_count(NULL) == 0 && amaas_remote_model_alias(NULL, 0) == NULL);
    amaas_remote_options_free(NULL);
    amaas_remote_free(NULL);
    amaas_remote_model_free(NULL);
    amaas_transferred_free(NULL);
}

static void heard(void *data, const amaas_updated *updated, const amaas_error *error)
{
    CHECK(error == NULL);
    atomic_fetch_add((atomic_size_t *)data, amaas_updated_moved_count(updated));
}

/* What a reference selects at a remote comes over by itself. */
static void follows(const struct site *site, const amaas_service *there)
{
    amaas_error *error = NULL;
    amaas_remote *remote = reach(site->open, NULL);
    amaas_watch_options *options = NULL;
    amaas_watcher *watcher = NULL;
    amaas_route *route = NULL;
    amaas_model_info *info = NULL;
    atomic_size_t moved = 0;
    OK(amaas_service_load(there, "sentiment@^1", &route, &error));
    OK(amaas_watch_options_new(&options, &error));
    OK(amaas_watch_options_set_interval(options, 5, &error));
    OK(amaas_service_watch_remote(there, remote, options, heard, &moved, &watcher, &error));
    amaas_watch_options_free(options);
    amaas_remote_free(remote);
    while (atomic_load(&moved) == 0)
        ;
    amaas_watcher_free(watcher);
    OK(amaas_route_info(route, &info, &error));
    SAME(amaas_model_info_version(info), "1.1.0");
    amaas_model_info_free(info);
    amaas_route_free(route);
}

int main(int argc, char **argv)
{
    struct site site;
    amaas_service *here, *there;
    CHECK(argc == 9);
    site = (struct site){argv[2], argv[3], argv[4], argv[5], argv[6], argv[7], argv[8]};
    here = start(argv[1], "here");
    there = start(argv[1], "there");
    publish(here, "models/sentiment/1.0.0");
    publish(here, "models/sentiment/1.1.0");
    moves(&site, here, there);
    follows(&site, there);
    cancels(&site, here);
    asks(&site, here);
    refuses(&site);
    nothing();
    amaas_service_free(here);
    amaas_service_free(there);
    return 0;
}
