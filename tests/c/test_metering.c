/* Receipts with a tenant and a price, and a ledger that keeps them. The folder holds `prices.toml`. */
#include "check.h"

static const char *texts[] = {"Wonderful!", "A dull, lifeless mess."};

static amaas_service *start(const char *folder)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    amaas_service *service = NULL;
    char prices[4096], ledger[4096];

    snprintf(prices, sizeof prices, "%s/prices.toml", folder);
    snprintf(ledger, sizeof ledger, "%s/usage.db", folder);
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_set_prices(options, prices, &error));
    OK(amaas_service_options_set_ledger(options, ledger, true, &error));
    REFUSED(amaas_service_options_set_prices(options, ledger, &error), AMAAS_STATUS_IO, "usage.db");
    REFUSED(amaas_service_options_set_ledger(options, folder, true, &error), AMAAS_STATUS_IO, "ledger");
    INVALID(amaas_service_options_set_prices(options, NULL, &error), "`path` is NULL");
    INVALID(amaas_service_options_set_ledger(NULL, ledger, true, &error), "`options` is NULL");
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
    amaas_route_free(route);
    amaas_service_free(service);
    return 0;
}
