/* Requests that no thread waits for, and a log: what an event loop in C starts from.
 *
 * `callbacks REFERENCE SENTENCE...` with the registry in AMAAS_HOME. All sentences are submitted at
 * once; each answer is printed when it comes, tab separated: label, score, sentence. Events of amaas
 * go to the standard error. */
#include "amaas.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* What is counted down, and whom that wakes: an event loop has its own way to be woken. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int under_way;
} loop = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

/* A request, and what was asked. */
struct request {
    amaas_ticket *ticket;
    const char *sentence;
};

static void heard(void *data, const amaas_log_event *event)
{
    fprintf(data, "[%s] %s %s\n", event->target, event->message, event->fields);
}

/* Called once, on a thread of amaas: the answer is there, and taking it does not wait. */
static void answered(void *data)
{
    struct request *request = data;
    amaas_classification *answer = NULL;
    amaas_error *error = NULL;
    if (amaas_ticket_classification(request->ticket, &answer, &error))
        fprintf(stderr, "%s\n", amaas_error_report(error));
    else
        printf("%s\t%.6f\t%s\n", amaas_classification_label(answer, 0, 0), amaas_classification_score(answer, 0, 0),
               request->sentence);
    amaas_classification_free(answer);
    amaas_error_free(error);
    pthread_mutex_lock(&loop.mutex);
    loop.under_way--;
    pthread_cond_signal(&loop.changed);
    pthread_mutex_unlock(&loop.mutex);
}

static amaas_status submit(const amaas_route *route, struct request *request, amaas_error **error)
{
    amaas_status status =
        amaas_route_submit_classify(route, &request->sentence, NULL, 1, NULL, &request->ticket, error);
    if (status)
        return status;
    pthread_mutex_lock(&loop.mutex);
    loop.under_way++;
    pthread_mutex_unlock(&loop.mutex);
    return amaas_ticket_on_done(request->ticket, answered, request, error);
}

int main(int argc, char **argv)
{
    amaas_service *service = NULL;
    amaas_route *route = NULL;
    amaas_error *error = NULL;
    int count = argc > 2 ? argc - 2 : 0;
    struct request *requests = calloc((size_t)count + 1, sizeof *requests);
    amaas_status status = amaas_log_set(heard, stderr, AMAAS_LOG_INFO, &error);
    if (!status)
        status = amaas_service_new(NULL, &service, &error);
    if (!status)
        status = amaas_service_load(service, argc > 1 ? argv[1] : "", &route, &error);
    for (int i = 0; i < count && !status; i++) {
        requests[i].sentence = argv[i + 2];
        status = submit(route, &requests[i], &error);
    }
    pthread_mutex_lock(&loop.mutex);
    while (loop.under_way)
        pthread_cond_wait(&loop.changed, &loop.mutex);
    pthread_mutex_unlock(&loop.mutex);
    if (status)
        fprintf(stderr, "%s\n", amaas_error_report(error));
    for (int i = 0; i < count; i++)
        amaas_ticket_free(requests[i].ticket);
    free(requests);
    amaas_error_free(error);
    amaas_route_free(route);
    amaas_service_free(service);
    return status ? 1 : 0;
}
