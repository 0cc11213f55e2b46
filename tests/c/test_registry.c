/* The registry: aliases and their history, yank and delete, selection, clean-up, sums, checks. */
#include "home.h"

/* Where a reference leads, which is freed by the caller. */
static amaas_resolved *resolve(const amaas_service *service, const char *reference)
{
    amaas_error *error = NULL;
    amaas_resolved *resolved = NULL;
    OK(amaas_service_resolve(service, reference, &resolved, &error));
    return resolved;
}

static void selects(const amaas_service *service, const char *reference, const char *version)
{
    amaas_resolved *resolved = resolve(service, reference);
    SAME(amaas_resolved_name(resolved), "sentiment");
    SAME(amaas_resolved_version(resolved), version);
    CHECK(strlen(amaas_resolved_digest(resolved)) == 71);
    amaas_resolved_free(resolved);
}

static void aliases(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_alias_history *history = NULL;
    amaas_text *back = NULL;
    OK(amaas_service_set_alias(service, "sentiment", "best", "1.0.0", "", "the first", &error));
    OK(amaas_service_set_alias(service, "sentiment", "best", "1.1.0", "1.0.0", NULL, &error));
    OK(amaas_service_rollback(service, "sentiment", "best", "it was better", &back, &error));
    amaas_text_free(back);
    REFUSED(amaas_service_remove_alias(service, "sentiment", "best", "1.1.0", NULL, &error), AMAAS_STATUS_ALIAS_CONFLICT, "1.0.0");
    OK(amaas_service_remove_alias(service, "sentiment", "best", "1.0.0", "no more", &error));
    REFUSED(amaas_service_remove_alias(service, "sentiment", "best", NULL, NULL, &error), AMAAS_STATUS_NOT_FOUND, "best");

    OK(amaas_service_alias_history(service, "sentiment", "best", &history, &error));
    CHECK(amaas_alias_history_count(history) == 4);
    SAME(amaas_alias_history_version(history, 0), "1.0.0");
    SAME(amaas_alias_history_reason(history, 0), "the first");
    CHECK(amaas_alias_history_at(history, 0) > 1700000000 && !amaas_alias_history_rollback(history, 0));
    SAME(amaas_alias_history_version(history, 1), "1.1.0");
    CHECK(amaas_alias_history_reason(history, 1) == NULL);
    SAME(amaas_alias_history_version(history, 2), "1.0.0");
    SAME(amaas_alias_history_reason(history, 2), "it was better");
    CHECK(amaas_alias_history_rollback(history, 2));
    CHECK(amaas_alias_history_version(history, 3) == NULL);
    SAME(amaas_alias_history_reason(history, 3), "no more");
    CHECK(amaas_alias_history_version(history, 4) == NULL && amaas_alias_history_at(history, 4) == 0);
    CHECK(amaas_alias_history_reason(history, SIZE_MAX) == NULL && !amaas_alias_history_rollback(history, 4));
    amaas_alias_history_free(history);
    history = NULL;

    INVALID(amaas_service_remove_alias(NULL, "a", "b", NULL, NULL, &error), "`service` is NULL");
    INVALID(amaas_service_remove_alias(service, NULL, "b", NULL, NULL, &error), "`model` is NULL");
    INVALID(amaas_service_remove_alias(service, "sentiment", NULL, NULL, NULL, &error), "`alias` is NULL");
    INVALID(amaas_service_remove_alias(service, "sentiment", "best", "x", NULL, &error), "`expected` is not a version");
    INVALID(amaas_service_remove_alias(service, "sentiment", "best", NULL, "\xff", &error), "`reason` is not UTF-8");
    INVALID(amaas_service_remove_alias(service, "sentiment", "best", NULL, "two\nlines", &error), "no line");
    INVALID(amaas_service_alias_history(NULL, "a", "b", &history, &error), "`service` is NULL");
    INVALID(amaas_service_alias_history(service, NULL, "b", &history, &error), "`model` is NULL");
    INVALID(amaas_service_alias_history(service, "sentiment", NULL, &history, &error), "`alias` is NULL");
    INVALID(amaas_service_alias_history(service, "sentiment", "best", NULL, &error), "`out` is NULL");
    REFUSED(amaas_service_alias_history(service, "sentiment", "worst", &history, &error), AMAAS_STATUS_NOT_FOUND, "worst");
    CHECK(history == NULL);
}

static void signatures(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_signature *signature = NULL;
    OK(amaas_service_signature(service, "sentiment@1.1.0", &signature, &error));
    CHECK(amaas_signature_input_count(signature) > 0 && amaas_signature_output_count(signature) == 1);
    CHECK(amaas_port_rank(amaas_signature_input(signature, 0)) == 2);
    CHECK(amaas_port_dtype(amaas_signature_output(signature, 0)) == AMAAS_DTYPE_FLOAT32);
    CHECK(amaas_signature_input(signature, SIZE_MAX) == NULL && amaas_signature_output(signature, 1) == NULL);
    amaas_signature_free(signature);
    signature = NULL;
    INVALID(amaas_service_signature(NULL, "x", &signature, &error), "`service` is NULL");
    INVALID(amaas_service_signature(service, NULL, &signature, &error), "`reference` is NULL");
    INVALID(amaas_service_signature(service, "sentiment", NULL, &error), "`out` is NULL");
    INVALID(amaas_service_signature(service, "./here", &signature, &error), "`reference` is a path");
    REFUSED(amaas_service_signature(service, "sentiment@9", &signature, &error), AMAAS_STATUS_NOT_FOUND, "1.1.0");
    CHECK(signature == NULL);
}

static void yanks(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_model_list *list = NULL;
    amaas_resolved *resolved = NULL;
    selects(service, "sentiment", "1.1.0");
    OK(amaas_service_yank(service, "sentiment", "1.1.0", "trained on the test set", &error));
    selects(service, "sentiment@*", "1.0.0");

    resolved = resolve(service, "sentiment@1.1.0");
    CHECK(amaas_resolved_notice_count(resolved) == 1);
    CHECK(amaas_resolved_notice(resolved, 0) == AMAAS_NOTICE_YANKED);
    CHECK(strstr(amaas_resolved_notice_text(resolved, 0), "trained on the test set"));
    CHECK(amaas_resolved_notice(resolved, 1) == AMAAS_NOTICE_NONE && amaas_resolved_notice_text(resolved, 1) == NULL);
    amaas_resolved_free(resolved);

    OK(amaas_service_model(service, "sentiment", &list, &error));
    CHECK(amaas_model_list_count(list) == 1 && amaas_model_list_version_count(list, 0) == 2);
    CHECK(!amaas_model_list_version_is_yanked(list, 0, 0) && amaas_model_list_version_yanked(list, 0, 0) == 0);
    CHECK(amaas_model_list_version_yank_reason(list, 0, 0) == NULL);
    CHECK(amaas_model_list_version_is_yanked(list, 0, 1) && amaas_model_list_version_yanked(list, 0, 1) > 1700000000);
    SAME(amaas_model_list_version_yank_reason(list, 0, 1), "trained on the test set");
    CHECK(!amaas_model_list_version_is_yanked(list, 0, 2) && amaas_model_list_version_yanked(list, 1, 0) == 0);
    CHECK(amaas_model_list_version_yank_reason(list, SIZE_MAX, SIZE_MAX) == NULL);
    amaas_model_list_free(list);
    list = NULL;

    OK(amaas_service_unyank(service, "sentiment", "1.1.0", &error));
    OK(amaas_service_unyank(service, "sentiment", "1.1.0", &error));
    selects(service, "sentiment", "1.1.0");

    REFUSED(amaas_service_yank(service, "sentiment", "9.0.0", NULL, &error), AMAAS_STATUS_NOT_FOUND, "9.0.0");
    REFUSED(amaas_service_unyank(service, "sentiment", "9.0.0", &error), AMAAS_STATUS_NOT_FOUND, "9.0.0");
    INVALID(amaas_service_yank(NULL, "sentiment", "1.1.0", NULL, &error), "`service` is NULL");
    INVALID(amaas_service_yank(service, NULL, "1.1.0", NULL, &error), "`model` is NULL");
    INVALID(amaas_service_yank(service, "sentiment", NULL, NULL, &error), "`version` is NULL");
    INVALID(amaas_service_yank(service, "sentiment", "^1", NULL, &error), "`version` is not a version");
    INVALID(amaas_service_yank(service, "sentiment", "1.1.0", "\xff", &error), "`reason` is not UTF-8");
    INVALID(amaas_service_unyank(NULL, "sentiment", "1.1.0", &error), "`service` is NULL");
    INVALID(amaas_service_unyank(service, NULL, "1.1.0", &error), "`model` is NULL");
    INVALID(amaas_service_unyank(service, "sentiment", NULL, &error), "`version` is NULL");
    INVALID(amaas_service_model(NULL, "sentiment", &list, &error), "`service` is NULL");
    INVALID(amaas_service_model(service, NULL, &list, &error), "`model` is NULL");
    INVALID(amaas_service_model(service, "sentiment", NULL, &error), "`out` is NULL");
    REFUSED(amaas_service_model(service, "sentimentt", &list, &error), AMAAS_STATUS_NOT_FOUND, "sentiment");
    resolved = NULL;
    INVALID(amaas_service_resolve(NULL, "sentiment", &resolved, &error), "`service` is NULL");
    INVALID(amaas_service_resolve(service, NULL, &resolved, &error), "`reference` is NULL");
    INVALID(amaas_service_resolve(service, "sentiment", NULL, &error), "`out` is NULL");
    INVALID(amaas_service_resolve(service, "models/sentiment", &resolved, &error), "`reference` is a path");
    CHECK(list == NULL && resolved == NULL);
}

static void counts(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_statistics *statistics = NULL;
    OK(amaas_service_statistics(service, &statistics, &error));
    CHECK(amaas_statistics_models(statistics) == 1 && amaas_statistics_blobs(statistics) > 6);
    CHECK(amaas_statistics_bytes(statistics) > amaas_statistics_shared(statistics));
    CHECK(amaas_statistics_version_count(statistics) == 2);
    SAME(amaas_statistics_version_model(statistics, 1), "sentiment");
    SAME(amaas_statistics_version(statistics, 1), "1.1.0");
    CHECK(amaas_statistics_version_unique(statistics, 0) > 0);
    CHECK(amaas_statistics_version_shared(statistics, 0) == amaas_statistics_shared(statistics));
    CHECK(amaas_statistics_version_model(statistics, 2) == NULL && amaas_statistics_version(statistics, 2) == NULL);
    CHECK(amaas_statistics_version_unique(statistics, 2) == 0 && amaas_statistics_version_shared(statistics, SIZE_MAX) == 0);
    amaas_statistics_free(statistics);
    statistics = NULL;
    INVALID(amaas_service_statistics(NULL, &statistics, &error), "`service` is NULL");
    INVALID(amaas_service_statistics(service, NULL, &error), "`out` is NULL");
    CHECK(statistics == NULL);
}

static void cleans(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_gc_options *options = NULL;
    amaas_gc_report *report = NULL;
    uint64_t bytes;
    OK(amaas_service_set_alias(service, "sentiment", "best", "1.0.0", NULL, NULL, &error));
    REFUSED(amaas_service_delete(service, "sentiment", "1.0.0", &error), AMAAS_STATUS_CONFLICT, "`best`");
    OK(amaas_service_delete(service, "sentiment", "1.1.0", &error));
    REFUSED(amaas_service_delete(service, "sentiment", "1.1.0", &error), AMAAS_STATUS_NOT_FOUND, "1.1.0");
    INVALID(amaas_service_delete(NULL, "sentiment", "1.1.0", &error), "`service` is NULL");
    INVALID(amaas_service_delete(service, NULL, "1.1.0", &error), "`model` is NULL");
    INVALID(amaas_service_delete(service, "sentiment", NULL, &error), "`version` is NULL");
    INVALID(amaas_service_delete(service, "sentiment", "x", &error), "`version` is not a version");

    /* Within the grace period everything is spared. */
    OK(amaas_service_gc(service, NULL, &report, &error));
    CHECK(amaas_gc_report_removed_count(report) == 0 && amaas_gc_report_spared(report) > 0);
    CHECK(amaas_gc_report_removed(report, 0) == NULL && amaas_gc_report_bytes(report) == 0);
    amaas_gc_report_free(report);

    OK(amaas_gc_options_new(&options, &error));
    OK(amaas_gc_options_set_grace(options, 0, &error));
    OK(amaas_gc_options_set_dry_run(options, 1, &error));
    OK(amaas_service_gc(service, options, &report, &error));
    bytes = amaas_gc_report_bytes(report);
    CHECK(bytes > 0 && amaas_gc_report_removed_count(report) > 0);
    amaas_gc_report_free(report);
    OK(amaas_gc_options_set_dry_run(options, 0, &error));
    OK(amaas_service_gc(service, options, &report, &error));
    CHECK(amaas_gc_report_bytes(report) == bytes && amaas_gc_report_spared(report) == 0);
    CHECK(amaas_gc_report_kept(report) > 0 && amaas_gc_report_temporaries(report) == 0);
    CHECK(strncmp(amaas_gc_report_removed(report, 0), "sha256:", 7) == 0);
    CHECK(amaas_gc_report_removed(report, amaas_gc_report_removed_count(report)) == NULL);
    amaas_gc_report_free(report);
    report = NULL;

    INVALID(amaas_gc_options_new(NULL, &error), "`out` is NULL");
    INVALID(amaas_gc_options_set_grace(NULL, 0, &error), "`options` is NULL");
    INVALID(amaas_gc_options_set_dry_run(NULL, 0, &error), "`options` is NULL");
    INVALID(amaas_service_gc(NULL, options, &report, &error), "`service` is NULL");
    INVALID(amaas_service_gc(service, options, NULL, &error), "`out` is NULL");
    CHECK(report == NULL);
    amaas_gc_options_free(options);
}

struct seen {
    uint64_t calls, blobs, all_blobs, bytes, all_bytes;
    const amaas_stop *stop;
};

static void see(void *data, const amaas_verified *verified)
{
    struct seen *seen = data;
    CHECK(verified->size == sizeof *verified && verified->blobs >= seen->blobs);
    seen->calls++;
    seen->blobs = verified->blobs;
    seen->all_blobs = verified->all_blobs;
    seen->bytes = verified->bytes;
    seen->all_bytes = verified->all_bytes;
    amaas_stop_raise(seen->stop);
}

/* Puts another byte in the place of the first of a blob; returns what was there. */
static int damage(const char *home, const char *digest, int byte)
{
    char path[4096];
    FILE *file;
    int was;
    snprintf(path, sizeof path, "%s/blobs/sha256/%s", home, digest + 7);
    file = fopen(path, "r+b");
    CHECK(file != NULL);
    was = fgetc(file);
    CHECK(fseek(file, 0, SEEK_SET) == 0 && fputc(byte, file) != EOF && fclose(file) == 0);
    return was;
}

static void verifies(const amaas_service *service, const char *home)
{
    amaas_error *error = NULL;
    amaas_verification *found = NULL;
    amaas_resolved *resolved = resolve(service, "sentiment@1.0.0");
    const char *digest = amaas_resolved_digest(resolved);
    struct seen seen = {0};
    amaas_stop *stop = NULL;
    int was;

    OK(amaas_service_verify_store(service, see, &seen, NULL, &found, &error));
    CHECK(amaas_verification_is_good(found) && amaas_verification_damage_count(found) == 0);
    CHECK(seen.calls >= seen.all_blobs && seen.blobs == seen.all_blobs && seen.bytes == seen.all_bytes);
    CHECK(amaas_verification_blobs(found) > seen.blobs && amaas_verification_bytes(found) > seen.bytes);
    CHECK(amaas_verification_version_count(found) == 2 && amaas_verification_version_golden(found, 0) == 0);
    amaas_verification_free(found);

    OK(amaas_service_verify_all(service, NULL, NULL, NULL, &found, &error));
    CHECK(amaas_verification_is_good(found) && amaas_verification_version_count(found) == 2);
    SAME(amaas_verification_version_model(found, 0), "sentiment");
    SAME(amaas_verification_version(found, 0), "1.0.0");
    SAME(amaas_verification_version_digest(found, 0), digest);
    CHECK(amaas_verification_version_golden(found, 0) > 0 && amaas_verification_version_error(found, 0) == NULL);
    CHECK(amaas_verification_version(found, 2) == NULL && amaas_verification_version_model(found, 2) == NULL);
    CHECK(amaas_verification_version_digest(found, 2) == NULL && amaas_verification_version_golden(found, 2) == 0);
    CHECK(amaas_verification_version_error(found, 2) == NULL);
    amaas_verification_free(found);

    OK(amaas_service_verify(service, "sentiment@1.0.0", &found, &error));
    CHECK(amaas_verification_is_good(found) && amaas_verification_version_count(found) == 1);
    CHECK(amaas_verification_blobs(found) == 0 && amaas_verification_bytes(found) == 0);
    amaas_verification_free(found);
    OK(amaas_service_verify(service, "models/sentiment/1.1.0", &found, &error));
    SAME(amaas_verification_version(found, 0), "1.1.0");
    amaas_verification_free(found);

    /* A callback raises the flag: the check ends. */
    OK(amaas_stop_new(&stop, &error));
    seen = (struct seen){.stop = stop};
    found = NULL;
    REFUSED(amaas_service_verify_store(service, see, &seen, stop, &found, &error), AMAAS_STATUS_CANCELLED, "");
    CHECK(seen.calls == 1 && found == NULL);
    REFUSED(amaas_service_verify_all(service, NULL, NULL, stop, &found, &error), AMAAS_STATUS_CANCELLED, "");
    CHECK(found == NULL);
    amaas_stop_free(stop);

    /* Damage is in the answer, not in the error. */
    was = damage(home, digest, '?');
    OK(amaas_service_verify_store(service, NULL, NULL, NULL, &found, &error));
    CHECK(!amaas_verification_is_good(found) && amaas_verification_damage_count(found) == 1);
    SAME(amaas_verification_damage_digest(found, 0), digest);
    CHECK(amaas_error_status(amaas_verification_damage_error(found, 0)) == AMAAS_STATUS_CORRUPT);
    CHECK(amaas_verification_damage_needed_count(found, 0) == 1);
    SAME(amaas_verification_damage_needed(found, 0, 0), "sentiment@1.0.0");
    CHECK(amaas_verification_damage_needed(found, 0, 1) == NULL && amaas_verification_damage_needed(found, 1, 0) == NULL);
    CHECK(amaas_verification_damage_digest(found, 1) == NULL && amaas_verification_damage_error(found, 1) == NULL);
    CHECK(amaas_verification_damage_needed_count(found, SIZE_MAX) == 0);
    amaas_verification_free(found);
    OK(amaas_service_verify_all(service, see, &(struct seen){0}, NULL, &found, &error));
    CHECK(!amaas_verification_is_good(found));
    CHECK(amaas_error_status(amaas_verification_version_error(found, 0)) == AMAAS_STATUS_CORRUPT);
    amaas_verification_free(found);
    CHECK(damage(home, digest, was) == '?');
    amaas_resolved_free(resolved);

    found = NULL;
    INVALID(amaas_service_verify(NULL, "x", &found, &error), "`service` is NULL");
    INVALID(amaas_service_verify(service, NULL, &found, &error), "`reference` is NULL");
    INVALID(amaas_service_verify(service, "x", NULL, &error), "`out` is NULL");
    REFUSED(amaas_service_verify(service, "sentiment@9", &found, &error), AMAAS_STATUS_NOT_FOUND, "1.1.0");
    INVALID(amaas_service_verify_store(NULL, see, &seen, NULL, &found, &error), "`service` is NULL");
    INVALID(amaas_service_verify_store(service, see, &seen, NULL, NULL, &error), "`out` is NULL");
    INVALID(amaas_service_verify_all(NULL, see, &seen, NULL, &found, &error), "`service` is NULL");
    INVALID(amaas_service_verify_all(service, see, &seen, NULL, NULL, &error), "`out` is NULL");
    CHECK(found == NULL);
}

static void devices(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_device_list *list = NULL;
    size_t count;
    OK(amaas_service_devices(service, &list, &error));
    count = amaas_device_list_count(list);
    CHECK(count > 0);
    SAME(amaas_device_list_provider(list, 0), "CPUExecutionProvider");
    SAME(amaas_device_list_kind(list, 0), "cpu");
    CHECK(amaas_device_list_vendor(list, 0) != NULL && amaas_device_list_provider(list, count) == NULL);
    CHECK(amaas_device_list_kind(list, count) == NULL && amaas_device_list_vendor(list, SIZE_MAX) == NULL);
    amaas_device_list_free(list);
    list = NULL;
    INVALID(amaas_service_devices(NULL, &list, &error), "`service` is NULL");
    INVALID(amaas_service_devices(service, NULL, &error), "`out` is NULL");
    CHECK(list == NULL);
}

/* Getters of nothing. */
static void nothing(void)
{
    CHECK(amaas_alias_history_count(NULL) == 0 && amaas_alias_history_version(NULL, 0) == NULL);
    CHECK(amaas_alias_history_at(NULL, 0) == 0 && amaas_alias_history_reason(NULL, 0) == NULL);
    CHECK(!amaas_alias_history_rollback(NULL, 0) && amaas_resolved_name(NULL) == NULL);
    CHECK(amaas_resolved_version(NULL) == NULL && amaas_resolved_digest(NULL) == NULL);
    CHECK(amaas_resolved_notice_count(NULL) == 0 && amaas_resolved_notice(NULL, 0) == AMAAS_NOTICE_NONE);
    CHECK(amaas_resolved_notice_text(NULL, 0) == NULL && amaas_signature_input_count(NULL) == 0);
    CHECK(amaas_signature_input(NULL, 0) == NULL && amaas_signature_output_count(NULL) == 0);
    CHECK(amaas_signature_output(NULL, 0) == NULL && !amaas_model_list_version_is_yanked(NULL, 0, 0));
    CHECK(amaas_model_list_version_yanked(NULL, 0, 0) == 0 && amaas_model_list_version_yank_reason(NULL, 0, 0) == NULL);
    CHECK(amaas_gc_report_removed_count(NULL) == 0 && amaas_gc_report_removed(NULL, 0) == NULL);
    CHECK(amaas_gc_report_bytes(NULL) == 0 && amaas_gc_report_kept(NULL) == 0);
    CHECK(amaas_gc_report_spared(NULL) == 0 && amaas_gc_report_temporaries(NULL) == 0);
    CHECK(amaas_statistics_models(NULL) == 0 && amaas_statistics_blobs(NULL) == 0);
    CHECK(amaas_statistics_bytes(NULL) == 0 && amaas_statistics_shared(NULL) == 0);
    CHECK(amaas_statistics_version_count(NULL) == 0 && amaas_statistics_version_model(NULL, 0) == NULL);
    CHECK(amaas_statistics_version(NULL, 0) == NULL && amaas_statistics_version_unique(NULL, 0) == 0);
    CHECK(amaas_statistics_version_shared(NULL, 0) == 0 && !amaas_verification_is_good(NULL));
    CHECK(amaas_verification_blobs(NULL) == 0 && amaas_verification_bytes(NULL) == 0);
    CHECK(amaas_verification_damage_count(NULL) == 0 && amaas_verification_damage_digest(NULL, 0) == NULL);
    CHECK(amaas_verification_damage_error(NULL, 0) == NULL && amaas_verification_damage_needed_count(NULL, 0) == 0);
    CHECK(amaas_verification_damage_needed(NULL, 0, 0) == NULL && amaas_verification_version_count(NULL) == 0);
    CHECK(amaas_verification_version_model(NULL, 0) == NULL && amaas_verification_version(NULL, 0) == NULL);
    CHECK(amaas_verification_version_digest(NULL, 0) == NULL && amaas_verification_version_golden(NULL, 0) == 0);
    CHECK(amaas_verification_version_error(NULL, 0) == NULL && amaas_device_list_count(NULL) == 0);
    CHECK(amaas_device_list_provider(NULL, 0) == NULL && amaas_device_list_kind(NULL, 0) == NULL);
    CHECK(amaas_device_list_vendor(NULL, 0) == NULL);
    amaas_alias_history_free(NULL);
    amaas_resolved_free(NULL);
    amaas_signature_free(NULL);
    amaas_gc_options_free(NULL);
    amaas_gc_report_free(NULL);
    amaas_statistics_free(NULL);
    amaas_verification_free(NULL);
    amaas_device_list_free(NULL);
}

/* A service without a registry says so, whatever is asked of one. */
static void without(void)
{
    amaas_error *error = NULL;
    amaas_service *service = NULL;
    amaas_model_list *list = NULL;
    amaas_gc_report *report = NULL;
    amaas_kept *kept = NULL;
    amaas_imported *imported = NULL;
    OK(amaas_service_new(NULL, &service, &error));
    REFUSED(amaas_service_models(service, &list, &error), AMAAS_STATUS_NOT_FOUND, "no registry");
    REFUSED(amaas_service_yank(service, "a", "1.0.0", NULL, &error), AMAAS_STATUS_NOT_FOUND, "no registry");
    REFUSED(amaas_service_gc(service, NULL, &report, &error), AMAAS_STATUS_NOT_FOUND, "no registry");
    REFUSED(amaas_service_keep_all(service, "a", &kept, &error), AMAAS_STATUS_NOT_FOUND, "no registry");
    REFUSED(amaas_service_import_model(service, "tests/fixtures/add.onnx", NULL, &imported, &error), AMAAS_STATUS_NOT_FOUND, "no registry");
    CHECK(list == NULL && report == NULL && kept == NULL && imported == NULL);
    amaas_service_free(service);
}

int main(int argc, char **argv)
{
    amaas_service *service;
    CHECK(argc == 2);
    service = start(argv[1], "");
    publish(service, "models/sentiment/1.0.0");
    publish(service, "models/sentiment/1.1.0");
    aliases(service);
    signatures(service);
    yanks(service);
    counts(service);
    verifies(service, argv[1]);
    devices(service);
    cleans(service);
    nothing();
    without();
    amaas_service_free(service);
    return 0;
}
