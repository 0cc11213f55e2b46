/* What ends before its answer, and what is not waited for: deadlines, flags, tickets, callbacks. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

static amaas_service *service;
static amaas_route *endless;
static amaas_tensor *forever, *once, *number;
static const char *const names[] = {"go", "x"};

static void opens(void)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    const bool yes = true, no = false;
    const float zero = 0;
    const int64_t one = 1;
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_set_instances(options, 1, &error));
    OK(amaas_service_options_set_window(options, 0, &error));
    OK(amaas_service_options_set_timeout(options, 60000, &error));
    OK(amaas_service_new(options, &service, &error));
    amaas_service_options_free(options);
    OK(amaas_service_load(service, "tests/fixtures/endless.onnx", &endless, &error));
    OK(amaas_tensor_new(AMAAS_DTYPE_BOOL, NULL, 0, &yes, sizeof yes, &forever, &error));
    OK(amaas_tensor_new(AMAAS_DTYPE_BOOL, NULL, 0, &no, sizeof no, &once, &error));
    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT32, &one, 1, &zero, sizeof zero, &number, &error));
}

static amaas_ticket *submit(const amaas_tensor *go, const amaas_call *call)
{
    amaas_error *error = NULL;
    amaas_ticket *ticket = NULL;
    const amaas_tensor *inputs[] = {go, number};
    OK(amaas_route_submit(endless, names, inputs, 2, NULL, 0, call, &ticket, &error));
    return ticket;
}

static void a_deadline_ends_a_call(void)
{
    amaas_error *error = NULL;
    amaas_call *call = NULL;
    amaas_outputs *outputs = NULL;
    const amaas_tensor *inputs[] = {forever, number};
    OK(amaas_call_new(&call, &error));
    OK(amaas_call_set_timeout(call, 50, &error));
    OK(amaas_call_set_priority(call, AMAAS_PRIORITY_HIGH, &error));
    INVALID(amaas_call_set_priority(call, 3, &error), "`priority` is `3`");
    INVALID(amaas_call_set_timeout(NULL, 1, &error), "`call` is NULL");
    CHECK(amaas_route_run_with(endless, names, inputs, 2, NULL, 0, call, &outputs, &error) ==
          AMAAS_STATUS_DEADLINE_EXCEEDED);
    CHECK(outputs == NULL && amaas_error_phase(error) == AMAAS_PHASE_RUN);
    CHECK(amaas_error_retryable(error) && amaas_error_retry_after(error) == 0);
    amaas_error_free(error);
    error = NULL;
    CHECK(amaas_error_phase(NULL) == AMAAS_PHASE_NONE && amaas_error_retry_after(NULL) == 0);
    inputs[0] = once;
    OK(amaas_route_run_with(endless, names, inputs, 2, NULL, 0, NULL, &outputs, &error));
    amaas_outputs_free(outputs);
    amaas_call_free(call);
    amaas_call_free(NULL);
}

static void a_full_queue_says_when_to_try_again(void)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    amaas_service *narrow = NULL;
    amaas_route *route = NULL;
    amaas_outputs *outputs = NULL;
    amaas_ticket *tickets[2] = {NULL, NULL};
    const amaas_tensor *inputs[] = {once, number};
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_set_instances(options, 1, &error));
    OK(amaas_service_options_set_waiting(options, 1, &error));
    OK(amaas_service_options_set_rows(options, 8, &error));
    OK(amaas_service_options_set_tokens(options, 1024, &error));
    INVALID(amaas_service_options_set_rows(options, 0, &error), "`rows`");
    INVALID(amaas_service_options_set_tokens(options, 0, &error), "`tokens`");
    OK(amaas_service_new(options, &narrow, &error));
    amaas_service_options_free(options);
    OK(amaas_service_load(narrow, "tests/fixtures/endless.onnx", &route, &error));
    /* So that it knows how long a run takes. */
    OK(amaas_route_run(route, names, inputs, 2, NULL, 0, &outputs, &error));
    amaas_outputs_free(outputs);
    outputs = NULL;
    inputs[0] = forever;
    for (int i = 0; i < 2; i++) /* one runs, one waits */
        OK(amaas_route_submit(route, names, inputs, 2, NULL, 0, NULL, &tickets[i], &error));
    amaas_status status = amaas_route_run(route, names, inputs, 2, NULL, 0, &outputs, &error);
    CHECK(status == AMAAS_STATUS_OVERLOADED && outputs == NULL);
    CHECK(amaas_error_retryable(error) && amaas_error_retry_after(error) > 0);
    amaas_error_free(error);
    for (int i = 0; i < 2; i++) {
        amaas_ticket_cancel(tickets[i]);
        amaas_ticket_free(tickets[i]);
    }
    amaas_route_free(route);
    amaas_service_free(narrow);
}

static void *raise(void *stop)
{
    amaas_stop_raise(stop);
    return NULL;
}

static void a_flag_cancels_a_call(void)
{
    amaas_error *error = NULL;
    amaas_call *call = NULL;
    amaas_stop *stop = NULL;
    amaas_outputs *outputs = NULL;
    const amaas_tensor *inputs[] = {forever, number};
    pthread_t thread;
    OK(amaas_stop_new(&stop, &error));
    OK(amaas_call_new(&call, &error));
    OK(amaas_call_set_stop(call, stop, &error));
    INVALID(amaas_call_set_stop(call, NULL, &error), "`stop` is NULL");
    CHECK(pthread_create(&thread, NULL, raise, stop) == 0);
    REFUSED(amaas_route_run_with(endless, names, inputs, 2, NULL, 0, call, &outputs, &error),
            AMAAS_STATUS_CANCELLED, "");
    CHECK(pthread_join(thread, NULL) == 0);
    amaas_stop_free(stop);
    /* The call has a share of the flag, which is up. */
    REFUSED(amaas_route_run_with(endless, names, inputs, 2, NULL, 0, call, &outputs, &error),
            AMAAS_STATUS_CANCELLED, "while it waited");
    amaas_call_free(call);
    amaas_stop_raise(NULL);
    amaas_stop_free(NULL);
}

static void tickets_answer_once(void)
{
    amaas_error *error = NULL;
    amaas_outputs *outputs = NULL;
    amaas_embedding *embedding = NULL;
    amaas_classification *classification = NULL;
    bool done = false;
    amaas_ticket *ticket = submit(once, NULL);
    OK(amaas_ticket_wait(ticket, 60000, &done, &error));
    CHECK(done && amaas_ticket_is_done(ticket));
    INVALID(amaas_ticket_embedding(ticket, &embedding, &error), "has no embedding");
    INVALID(amaas_ticket_classification(ticket, &classification, &error), "has no classification");
    OK(amaas_ticket_outputs(ticket, &outputs, &error));
    CHECK(amaas_outputs_count(outputs) >= 1);
    amaas_outputs_free(outputs);
    INVALID(amaas_ticket_outputs(ticket, &outputs, &error), "taken already");
    amaas_ticket_free(ticket);
}

static void tickets_are_cancelled(void)
{
    amaas_error *error = NULL;
    amaas_outputs *outputs = NULL;
    bool done = true;
    amaas_ticket *running = submit(forever, NULL), *waiting = submit(forever, NULL), *last;
    OK(amaas_ticket_wait(running, 20, &done, &error));
    CHECK(!done && !amaas_ticket_is_done(waiting));
    OK(amaas_ticket_wait(running, 0, NULL, &error));
    amaas_ticket_cancel(waiting);
    CHECK(amaas_ticket_outputs(waiting, &outputs, &error) == AMAAS_STATUS_CANCELLED);
    CHECK(amaas_error_phase(error) == AMAAS_PHASE_QUEUE);
    amaas_error_free(error);
    error = NULL;
    amaas_ticket_free(waiting);
    amaas_ticket_free(running); /* ends its run: the only instance is free again */
    last = submit(once, NULL);
    OK(amaas_ticket_outputs(last, &outputs, &error));
    amaas_outputs_free(outputs);
    amaas_ticket_free(last);
    amaas_ticket_cancel(NULL);
    amaas_ticket_free(NULL);
    CHECK(!amaas_ticket_is_done(NULL));
    INVALID(amaas_ticket_wait(NULL, 0, &done, &error), "`ticket` is NULL");
}

static atomic_int calls;

static void again(void *data)
{
    (void)data;
    atomic_fetch_add(&calls, 1);
}

/* Calls amaas from within, and hands on. */
static void told(void *data)
{
    amaas_error *error = NULL;
    amaas_ticket *next = submit(once, NULL);
    atomic_fetch_add(&calls, 1);
    OK(amaas_ticket_on_done(next, again, NULL, &error));
    *(_Atomic(amaas_ticket *) *)data = next;
}

static void callbacks_come_once(void)
{
    amaas_error *error = NULL;
    amaas_outputs *outputs = NULL;
    _Atomic(amaas_ticket *) next = NULL;
    amaas_ticket *first = submit(forever, NULL), *freed = submit(forever, NULL), *ticket;
    OK(amaas_ticket_on_done(first, told, &next, &error));
    OK(amaas_ticket_on_done(freed, again, NULL, &error));
    INVALID(amaas_ticket_on_done(first, NULL, NULL, &error), "`callback` is NULL");
    amaas_ticket_free(freed);
    amaas_ticket_cancel(first);
    while ((ticket = next) == NULL)
        ;
    OK(amaas_ticket_outputs(ticket, &outputs, &error));
    amaas_outputs_free(outputs);
    while (atomic_load(&calls) < 3)
        ;
    OK(amaas_ticket_on_done(ticket, again, NULL, &error)); /* it is done: called now */
    CHECK(atomic_load(&calls) == 4);
    amaas_ticket_free(first);
    amaas_ticket_free(ticket);
}

static void texts_have_tickets(void)
{
    enum { COUNT = 200 };
    amaas_error *error = NULL;
    amaas_route *route = NULL;
    amaas_call *call = NULL;
    amaas_classify_options *options = NULL;
    amaas_embed_options *embedding = NULL;
    amaas_ticket *tickets[COUNT], *refused = NULL;
    amaas_embedding *vectors = NULL;
    const char *text = "Wonderful!";
    OK(amaas_service_load(service, "models/sentiment/1.0.0", &route, &error));
    OK(amaas_call_new(&call, &error));
    OK(amaas_call_set_timeout(call, 60000, &error));
    OK(amaas_classify_options_new(&options, &error));
    OK(amaas_classify_options_set_call(options, call, &error));
    OK(amaas_embed_options_new(&embedding, &error));
    OK(amaas_embed_options_set_call(embedding, call, &error));
    INVALID(amaas_embed_options_set_call(embedding, NULL, &error), "`call` is NULL");
    amaas_call_free(call);
    for (int i = 0; i < COUNT; i++)
        OK(amaas_route_submit_classify(route, &text, NULL, 1, options, &tickets[i], &error));
    for (int i = 0; i < COUNT; i++) {
        amaas_classification *answer = NULL;
        OK(amaas_ticket_classification(tickets[i], &answer, &error));
        SAME(amaas_classification_label(answer, 0, 0), "positive");
        amaas_classification_free(answer);
        amaas_ticket_free(tickets[i]);
    }
    OK(amaas_route_submit_embed(route, &text, NULL, 1, embedding, &refused, &error));
    REFUSED(amaas_ticket_embedding(refused, &vectors, &error), AMAAS_STATUS_UNSUPPORTED,
            "text-embedding");
    amaas_ticket_free(refused);
    amaas_embed_options_free(embedding);
    amaas_classify_options_free(options);
    amaas_route_free(route);
}

int main(void)
{
    opens();
    a_deadline_ends_a_call();
    a_full_queue_says_when_to_try_again();
    a_flag_cancels_a_call();
    tickets_answer_once();
    tickets_are_cancelled();
    callbacks_come_once();
    texts_have_tickets();
    amaas_tensor_free(forever);
    amaas_tensor_free(once);
    amaas_tensor_free(number);
    amaas_route_free(endless);
    amaas_service_free(service);
    return 0;
}
