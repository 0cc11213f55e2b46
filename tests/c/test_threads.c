/* Eight threads over one route; the process ends with every object alive. */
#include "check.h"

#include <pthread.h>

enum { THREADS = 8, TURNS = 50 };

static void *work(void *argument)
{
    const amaas_route *shared = argument;
    amaas_error *error = NULL;
    const char *text = "Wonderful!";
    for (int turn = 0; turn < TURNS; turn++) {
        amaas_classification *answer = NULL;
        OK(amaas_route_classify(shared, &text, NULL, 1, NULL, &answer, &error));
        SAME(amaas_classification_label(answer, 0, 0), "positive");
        amaas_classification_free(answer);
    }
    return NULL;
}

/* Where whoever looks for leaks at the end still finds them. */
static amaas_service *service;
static amaas_route *route;

int main(void)
{
    amaas_error *error = NULL;
    amaas_totals totals = {.size = sizeof totals};
    pthread_t threads[THREADS];

    OK(amaas_service_new(NULL, &service, &error));
    OK(amaas_service_load(service, "models/sentiment/1.0.0", &route, &error));
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, route) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    OK(amaas_route_totals(route, &totals, &error));
    CHECK(totals.requests == THREADS * TURNS && totals.rows == THREADS * TURNS);
    CHECK(totals.failures == 0);
    return 0;
}
