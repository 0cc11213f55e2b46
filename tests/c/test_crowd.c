/* Sixteen threads over one service, for as many seconds as are asked for: they classify, wait for tickets,
 * read sums and metrics, and load, while one of them moves an alias and has all routes follow. */
#define _POSIX_C_SOURCE 200809L /* for nanosleep */
#include "home.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

enum { THREADS = 16 };

static amaas_service *service;
static amaas_route *route;
static atomic_bool done;
static atomic_ulong turns, moves;

static void asks(void)
{
    amaas_error *error = NULL;
    amaas_classification *answer = NULL;
    amaas_usage usage = {.size = sizeof usage};
    const char *texts[] = {"Wonderful!", "Not my thing, and far too long for what it says."};
    OK(amaas_route_classify(route, texts, NULL, 2, NULL, &answer, &error));
    SAME(amaas_classification_label(answer, 0, 0), "positive");
    OK(amaas_classification_usage(answer, &usage, &error));
    CHECK(usage.rows == 2);
    amaas_classification_free(answer);
}

static void waits(void)
{
    amaas_error *error = NULL;
    amaas_ticket *ticket = NULL;
    amaas_classification *answer = NULL;
    const char *text = "Wonderful!";
    OK(amaas_route_submit_classify(route, &text, NULL, 1, NULL, &ticket, &error));
    OK(amaas_ticket_classification(ticket, &answer, &error));
    SAME(amaas_classification_label(answer, 0, 0), "positive");
    amaas_classification_free(answer);
    amaas_ticket_free(ticket);
}

static void reads(void)
{
    amaas_error *error = NULL;
    amaas_totals totals = {.size = sizeof totals};
    amaas_text *text = NULL;
    OK(amaas_route_totals(route, &totals, &error));
    CHECK(totals.failures == 0);
    OK(amaas_service_metrics_text(service, &text, &error));
    CHECK(strstr(amaas_text_data(text), "amaas_requests_total") != NULL);
    amaas_text_free(text);
}

static void loads(void)
{
    amaas_error *error = NULL;
    amaas_route *other = NULL;
    OK(amaas_service_load(service, "sentiment@live", &other, &error));
    amaas_route_free(other);
}

static void *work(void *nothing)
{
    (void)nothing;
    for (unsigned turn = 0; !atomic_load(&done); turn++) {
        asks();
        waits();
        if (turn % 8 == 0)
            reads();
        if (turn % 64 == 0)
            loads();
        atomic_fetch_add(&turns, 1);
    }
    return NULL;
}

static void point(const char *version)
{
    amaas_error *error = NULL;
    OK(amaas_service_set_alias(service, "sentiment", "live", version, NULL, NULL, &error));
}

static void *moving(void *nothing)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    (void)nothing;
    while (!atomic_load(&done)) {
        amaas_error *error = NULL;
        amaas_updated *updated = NULL;
        point(atomic_fetch_add(&moves, 1) % 2 ? "1.0.0" : "1.1.0");
        OK(amaas_service_update(service, &updated, &error));
        amaas_updated_free(updated);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

int main(int count, char **arguments)
{
    amaas_error *error = NULL;
    pthread_t threads[THREADS];
    struct timespec span = {0};

    CHECK(count == 3);
    span.tv_sec = atoi(arguments[2]);
    service = start(arguments[1], "crowd");
    publish(service, "models/sentiment/1.0.0");
    publish(service, "models/sentiment/1.1.0");
    point("1.0.0");
    OK(amaas_service_load(service, "sentiment@live", &route, &error));
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, i ? work : moving, NULL) == 0);
    nanosleep(&span, NULL);
    atomic_store(&done, true);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(atomic_load(&turns) > 0 && atomic_load(&moves) > 1);
    printf("%lu turns, %lu moves\n", atomic_load(&turns), atomic_load(&moves));
    amaas_route_free(route);
    amaas_service_free(service);
    return 0;
}
