/* The log: levels, what an event says, callbacks that call amaas, and the end of it. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

struct log {
    atomic_int loaded, all;
};

static void load(void)
{
    amaas_error *error = NULL;
    amaas_service *service = NULL;
    amaas_route *route = NULL;
    OK(amaas_service_new(NULL, &service, &error));
    OK(amaas_service_load(service, "models/sentiment/1.0.0", &route, &error));
    amaas_route_free(route);
    amaas_service_free(service);
}

static void note(void *data, const amaas_log_event *event)
{
    struct log *log = data;
    CHECK(event->size >= sizeof *event);
    CHECK(event->level >= AMAAS_LOG_ERROR && event->level <= AMAAS_LOG_TRACE);
    SAME(event->target, "amaas");
    atomic_fetch_add(&log->all, 1);
    if (strcmp(event->message, "model loaded") == 0) {
        CHECK(event->level == AMAAS_LOG_INFO);
        CHECK(strstr(event->fields, "model=\"sentiment\" version=\"1.0.0\"") != NULL);
        atomic_fetch_add(&log->loaded, 1);
    }
}

static void again(void *data, const amaas_log_event *event)
{
    amaas_error *error = NULL;
    if (strcmp(event->message, "model loaded") != 0)
        return;
    load(); /* what is logged meanwhile is not told */
    REFUSED(amaas_log_set(NULL, NULL, AMAAS_LOG_INFO, &error), AMAAS_STATUS_CONFLICT, "after the callback");
    ++*(int *)data;
}

static void *loads(void *unused)
{
    (void)unused;
    for (int i = 0; i < 5; i++)
        load();
    return NULL;
}

int main(void)
{
    enum { THREADS = 4 };
    amaas_error *error = NULL;
    struct log log = {0}, other = {0};
    pthread_t threads[THREADS];
    int nested = 0;
    load(); /* nobody hears */
    INVALID(amaas_log_set(note, &log, 0, &error), "`level` is `0`");
    INVALID(amaas_log_set(note, &log, INT32_MAX, &error), "`level`");
    OK(amaas_log_set(note, &log, AMAAS_LOG_WARNING, &error));
    load();
    CHECK(atomic_load(&log.all) == 0);
    OK(amaas_log_set(note, &log, AMAAS_LOG_INFO, &error));
    load();
    CHECK(atomic_load(&log.loaded) == 1);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, loads, NULL) == 0);
    for (int i = 0; i < 20; i++)
        OK(amaas_log_set(note, i % 2 ? &log : &other, AMAAS_LOG_INFO, &error));
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(atomic_load(&log.loaded) + atomic_load(&other.loaded) == 1 + THREADS * 5);
    OK(amaas_log_set(again, &nested, AMAAS_LOG_TRACE, &error));
    load();
    CHECK(nested == 1);
    OK(amaas_log_set(NULL, NULL, AMAAS_LOG_TRACE, &error));
    load();
    CHECK(nested == 1);
    return 0;
}
