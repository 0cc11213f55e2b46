/* The process ends while threads are in runs and tickets wait in the queue. */
#define _POSIX_C_SOURCE 200809L /* barriers */

#include "check.h"

#include <pthread.h>

enum { THREADS = 3, TICKETS = 4, TURNS = 3 };

static const char *text = "Wonderful!";
static pthread_barrier_t at_work;

static void *work(void *argument)
{
    const amaas_route *route = argument;
    for (int turn = 0;; turn++) {
        amaas_classification *answer = NULL;
        amaas_error *error = NULL;
        /* Whatever a run ends with that the end of the process meets. */
        if (amaas_route_classify(route, &text, NULL, 1, NULL, &answer, &error) == AMAAS_STATUS_OK)
            amaas_classification_free(answer);
        if (turn == TURNS)
            pthread_barrier_wait(&at_work);
    }
    return NULL;
}

int main(void)
{
    amaas_error *error = NULL;
    amaas_service *service = NULL;
    amaas_route *route = NULL;
    amaas_ticket *tickets[TICKETS];
    pthread_t threads[THREADS];

    OK(amaas_service_new(NULL, &service, &error));
    OK(amaas_service_load(service, "models/sentiment/1.0.0", &route, &error));
    CHECK(pthread_barrier_init(&at_work, NULL, THREADS + 1) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, route) == 0);
    pthread_barrier_wait(&at_work);
    for (int i = 0; i < TICKETS; i++)
        OK(amaas_route_submit_classify(route, &text, NULL, 1, NULL, &tickets[i], &error));
    return 0;
}
