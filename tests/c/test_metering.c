/* Receipts with a tenant and a price, a ledger that keeps them, and quotas that trip. The folder holds
 * `prices.toml` and `quotas.toml`. */
#include "check.h"

static const char *texts[] = {"Wonderful!", "A dull, lifeless mess."};

static amaas_service *start(const char *folder)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    amaas_service *service = NULL;
    char prices[4096], ledger[4096], quotas[4096];

    snprintf(prices, sizeof prices, "%s/prices.toml", folder);
    snprintf(ledger, sizeof ledger, "%s/usage.db", folder);
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_set_prices(options, prices, &error));
    snprintf(quotas, sizeof quotas, "%s/quotas.toml", folder);
    OK(amaas_service_options_set_ledger(options, ledger, 1, &error));
    OK(amaas_service_options_set_quotas(options, quotas, &error));
    INVALID(amaas_service_options_set_ledger(options, ledger, 2, &error), "`strict` is `2`");
    INVALID(amaas_service_options_set_quotas(options, prices, &error), "quota table");
    REFUSED(amaas_service_options_set_quotas(options, folder, &error), AMAAS_STATUS_IO, "quota table");
    REFUSED(amaas_service_options_set_prices(options, ledger, &error), AMAAS_STATUS_IO, "usage.db");
    REFUSED(amaas_service_options_set_ledger(options, folder, 1, &error), AMAAS_STATUS_IO, "ledger");
    INVALID(amaas_service_options_set_prices(options, NULL, &error), "`path` is NULL");
    INVALID(amaas_service_options_set_ledger(NULL, ledger, 1, &error), "`options` is NULL");
    OK(amaas_service_new(options, &service, &error));
    amaas_service_options_free(options);
    return service;
}

static void pay(const amaas_route *route, const amaas_call *call, const char *price, bool repeated)
{
    amaas_error *error = NULL;
    amaas_classify_options *options = NULL;
    amaas_classification *answer = NULL;
    amaas_usage usage = {.size = sizeof usage};

    OK(amaas_classify_options_new(&options, &error));
    OK(amaas_classify_options_set_call(options, call, &error));
    OK(amaas_route_classify(route, texts, NULL, 2, options, &answer, &error));
    OK(amaas_classification_usage(answer, &usage, &error));
    SAME(usage.tenant, "acme");
    SAME(usage.task, "text-classification");
    SAME(usage.placement, "CPUExecutionProvider");
    SAME(usage.price, price);
    SAME(usage.currency, "EUR");
    SAME(usage.rate, "rows");
    SAME(usage.price_table, "7");
    CHECK(usage.repeated == repeated && usage.together == 1 && usage.tokens_out == 0);
    CHECK(usage.bytes_in == 32 && usage.bytes_out > 0);

    /* A host that was compiled with the struct's first size gets as much as it has room for. */
    memset(&usage, 0x7f, sizeof usage);
    usage.size = offsetof(amaas_usage, tenant);
    OK(amaas_classification_usage(answer, &usage, &error));
    CHECK(usage.rows == 2 && usage.tokens_out == 0x7f7f7f7f7f7f7f7f);
    amaas_classification_free(answer);
    amaas_classify_options_free(options);
}

/* What a call of `tenant` ends with. */
static amaas_status ended(const amaas_route *route, const char *tenant, amaas_error **error)
{
    amaas_error *unexpected = NULL;
    amaas_classify_options *options = NULL;
    amaas_classification *answer = NULL;
    amaas_call *call = NULL;
    amaas_status status;

    CHECK(amaas_call_new(&call, &unexpected) == AMAAS_STATUS_OK);
    CHECK(amaas_call_set_tenant(call, tenant, &unexpected) == AMAAS_STATUS_OK);
    CHECK(amaas_classify_options_new(&options, &unexpected) == AMAAS_STATUS_OK);
    CHECK(amaas_classify_options_set_call(options, call, &unexpected) == AMAAS_STATUS_OK);
    status = amaas_route_classify(route, texts, NULL, 2, options, &answer, error);
    amaas_classification_free(answer);
    amaas_classify_options_free(options);
    amaas_call_free(call);
    return status;
}

/* Bounds that are reached: rows of a day, money of a day, requests at once. */
static void exceed(const amaas_service *service, const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_standing *standing = NULL;
    uint64_t used = 0;

    OK(ended(route, "small", &error));
    CHECK(ended(route, "small", &error) == AMAAS_STATUS_QUOTA_EXCEEDED);
    CHECK(amaas_error_retry_after(error) > 0);
    REFUSED(amaas_error_status(error), AMAAS_STATUS_QUOTA_EXCEEDED, "rows a day");
    REFUSED(ended(route, "closed", &error), AMAAS_STATUS_QUOTA_EXCEEDED, "under way");
    OK(ended(route, "poor", &error));
    REFUSED(ended(route, "poor", &error), AMAAS_STATUS_BUDGET_EXHAUSTED, "a day is spent");

    OK(amaas_service_standing(service, "poor", &standing, &error));
    CHECK(amaas_standing_rows_today(standing) == 2);
    SAME(amaas_standing_spent_today(standing), "0.200000");
    SAME(amaas_standing_spent_this_month(standing), "0.200000");
    CHECK(amaas_standing_rate_count(standing) == 1 && amaas_standing_rate(standing, 1) == NULL);
    SAME(amaas_standing_rate(standing, 0), "rows");
    OK(amaas_standing_used(standing, 0, AMAAS_UNIT_ROW, &used, &error));
    CHECK(used == 2);
    INVALID(amaas_standing_used(standing, 1, AMAAS_UNIT_ROW, &used, &error), "`index` is `1` of `1`");
    INVALID(amaas_standing_used(standing, 0, 6, &used, &error), "`unit` is `6`");
    amaas_standing_free(standing);
}

/* Time that the model is kept loaded. */
static void keep(const amaas_route *route)
{
    amaas_error *error = NULL;
    amaas_tenancy *tenancy = NULL;
    amaas_receipt *receipt = NULL;
    amaas_usage usage = {.size = sizeof usage};

    INVALID(amaas_route_keep_for(route, "a\nb", &tenancy, &error), "tenant");
    OK(amaas_route_keep_for(route, "landlord", &tenancy, &error));
    OK(amaas_tenancy_settle(tenancy, &receipt, &error));
    OK(amaas_receipt_usage(receipt, &usage, &error));
    SAME(usage.tenant, "landlord");
    SAME(usage.rate, "rows");
    CHECK(usage.requests == 0 && usage.loaded_ns > 0 && usage.price != NULL);
    amaas_receipt_free(receipt);
    amaas_tenancy_free(tenancy);
}

static void ask(const char *folder)
{
    static const char *const by[] = {"tenant", "day"};
    static const char *const wrong[] = {"colour"};
    amaas_error *error = NULL;
    amaas_ledger *ledger = NULL;
    amaas_ledger_filter *filter = NULL;
    amaas_sum_list *sums = NULL;
    amaas_invoice *invoice = NULL;
    amaas_text *text = NULL;
    amaas_sum sum = {.size = sizeof sum};
    uint64_t count = 0;
    char path[4096], day[16] = "";

    snprintf(path, sizeof path, "%s/usage.db", folder);
    OK(amaas_ledger_read(path, &ledger, &error));
    OK(amaas_ledger_filter_new(&filter, &error));
    OK(amaas_ledger_filter_set_tenant(filter, "acme", &error));
    OK(amaas_ledger_filter_set_model(filter, "sentiment", &error));
    INVALID(amaas_ledger_filter_set_from(filter, "yesterday", &error), "`from` is no day");
    OK(amaas_ledger_filter_set_from(filter, "2000-01-01", &error));
    OK(amaas_ledger_filter_set_until(filter, "3000-01-01", &error));
    INVALID(amaas_ledger_sums(ledger, filter, wrong, 1, &sums, &error), "`colour`");
    OK(amaas_ledger_sums(ledger, filter, by, 2, &sums, &error));
    CHECK(amaas_sum_list_count(sums) >= 1);
    OK(amaas_sum_list_get(sums, 0, &sum, &error));
    SAME(sum.tenant, "acme");
    SAME(sum.currency, "EUR");
    CHECK(sum.model == NULL && sum.rate == NULL && sum.day != NULL && sum.requests >= 1);
    snprintf(day, sizeof day, "%s", sum.day);
    INVALID(amaas_sum_list_get(sums, 99, &sum, &error), "`index` is `99`");
    sum.size = 8;
    INVALID(amaas_sum_list_get(sums, 0, &sum, &error), "`sum->size` is `8`");
    amaas_sum_list_free(sums);

    snprintf(path, sizeof path, "%s/receipts.parquet", folder);
    OK(amaas_ledger_export(ledger, filter, path, &count, &error));
    CHECK(count == 2);
    snprintf(path, sizeof path, "%s/receipts.csv", folder);
    OK(amaas_ledger_export(ledger, NULL, path, &count, &error));
    CHECK(count > 2);
    INVALID(amaas_ledger_export(ledger, NULL, folder, &count, &error), "does not tell what to write");
    REFUSED(amaas_ledger_flush(NULL, &error), AMAAS_STATUS_INVALID_ARGUMENT, "`ledger` is NULL");
    OK(amaas_ledger_flush(ledger, &error));

    INVALID(amaas_ledger_invoice(ledger, "acme", day, day, &invoice, &error), "there is no day");
    OK(amaas_ledger_invoice(ledger, "acme", "2000-01-01", "3000-01-01", &invoice, &error));
    CHECK(amaas_invoice_total_count(invoice) == 1 && amaas_invoice_total(invoice, 1) == NULL);
    SAME(amaas_invoice_total(invoice, 0), "0.400000");
    SAME(amaas_invoice_currency(invoice, 0), "EUR");
    OK(amaas_invoice_csv(invoice, &text, &error));
    CHECK(strstr(amaas_text_data(text), "sentiment,rows,2,4,") != NULL);
    amaas_text_free(text);
    OK(amaas_invoice_html(invoice, &text, &error));
    CHECK(strstr(amaas_text_data(text), "<b>acme</b>") != NULL);
    amaas_text_free(text);
    snprintf(path, sizeof path, "%s/acme.html", folder);
    OK(amaas_invoice_write(invoice, path, &error));
    INVALID(amaas_invoice_write(invoice, folder, &error), "does not tell what to write");
    amaas_invoice_free(invoice);
    amaas_ledger_filter_free(filter);
    amaas_ledger_free(ledger);
}

/* One handle for a service that writes and for questions: what waits is settled first. */
/* Counts requests and rows of what the receipts tell. */
static void count_rows(void *context, const amaas_usage *usage)
{
    uint64_t *sums = context;

    CHECK(usage->size == sizeof *usage && usage->tenant != NULL);
    SAME(usage->model, "sentiment");
    SAME(usage->tenant, "acme");
    sums[0] += usage->requests;
    sums[1] += usage->rows;
}

static void share(const char *folder)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    amaas_service *service = NULL;
    amaas_route *route = NULL;
    amaas_ledger *ledger = NULL;
    amaas_sum_list *sums = NULL;
    amaas_text *text = NULL;
    amaas_sum sum = {.size = sizeof sum};
    uint64_t heard[2] = {0, 0};
    char path[4096];

    snprintf(path, sizeof path, "%s/shared.db", folder);
    REFUSED(amaas_ledger_read(path, &ledger, &error), AMAAS_STATUS_NOT_FOUND, "shared.db");
    INVALID(amaas_ledger_open(path, -1, &ledger, &error), "`strict` is `-1`");
    OK(amaas_ledger_open(path, 0, &ledger, &error));
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_use_ledger(options, ledger, &error));
    INVALID(amaas_service_options_set_receipts(options, NULL, NULL, &error), "`callback` is NULL");
    OK(amaas_service_options_set_receipts(options, count_rows, heard, &error));
    OK(amaas_service_new(options, &service, &error));
    amaas_service_options_free(options);
    OK(amaas_service_load(service, "models/sentiment/1.0.0", &route, &error));
    OK(ended(route, "acme", &error));
    CHECK(heard[0] == 1 && heard[1] == 2);
    OK(amaas_ledger_sums(ledger, NULL, NULL, 0, &sums, &error));
    OK(amaas_sum_list_get(sums, 0, &sum, &error));
    CHECK(amaas_sum_list_count(sums) == 1 && sum.requests == 1 && sum.tenant == NULL);
    SAME(sum.amount, "0");
    amaas_sum_list_free(sums);
    OK(amaas_service_metrics_text(service, &text, &error));
    CHECK(strstr(amaas_text_data(text), "\namaas_requests_total{gen_ai_request_model=\"sentiment\"} 1\n") != NULL);
    CHECK(strstr(amaas_text_data(text), "acme") == NULL);
    amaas_text_free(text);
    amaas_route_free(route);
    amaas_service_free(service);
    amaas_ledger_free(ledger);
}

int main(int count, char **arguments)
{
    amaas_error *error = NULL;
    amaas_call *call = NULL;
    amaas_route *route = NULL;
    amaas_service *service;
    amaas_classification *answer = NULL;
    amaas_usage usage = {.size = sizeof usage};

    CHECK(count == 2);
    service = start(arguments[1]);
    OK(amaas_service_load(service, "models/sentiment/1.0.0", &route, &error));
    OK(amaas_call_new(&call, &error));
    OK(amaas_call_set_tenant(call, "acme", &error));
    pay(route, call, "0.200000", false);
    OK(amaas_call_set_idempotency(call, "one", &error));
    pay(route, call, "0.200000", false);
    pay(route, call, "0", true);
    INVALID(amaas_call_set_tenant(call, NULL, &error), "`tenant` is NULL");
    INVALID(amaas_call_set_idempotency(NULL, "one", &error), "`call` is NULL");

    OK(amaas_route_classify(route, texts, NULL, 2, NULL, &answer, &error));
    OK(amaas_classification_usage(answer, &usage, &error));
    CHECK(usage.tenant == NULL && usage.price != NULL);
    amaas_classification_free(answer);
    amaas_call_free(call);
    exceed(service, route);
    keep(route);
    amaas_route_free(route);
    amaas_service_free(service);
    ask(arguments[1]);
    share(arguments[1]);
    return 0;
}
