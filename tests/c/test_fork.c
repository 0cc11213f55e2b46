/* A child of fork gets errors where its parent would get answers, and hangs in nothing. */
#define _POSIX_C_SOURCE 200809L

#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

/* Whatever the child ends with is the status of `wait`. */
static void in_child(void (*work)(void))
{
    int status = -1;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        alarm(60);
        work();
        fflush(stderr);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static const char *text = "Wonderful!";
static amaas_service *service;
static amaas_route *route;
static amaas_classification *answer;
static amaas_ticket *ticket;
static amaas_stop *stop;

static void starts(void)
{
    amaas_error *error = NULL;
    OK(amaas_service_new(NULL, &service, &error));
    OK(amaas_service_load(service, "models/sentiment/1.0.0", &route, &error));
    OK(amaas_route_classify(route, &text, NULL, 1, NULL, &answer, &error));
    OK(amaas_stop_new(&stop, &error));
    SAME(amaas_classification_label(answer, 0, 0), "positive");
}

static void is_refused(void)
{
    amaas_error *error = NULL;
    amaas_service *other = NULL;
    amaas_classification *another = NULL;
    REFUSED(amaas_route_classify(route, &text, NULL, 1, NULL, &another, &error), AMAAS_STATUS_CLOSED, "forked");
    REFUSED(amaas_ticket_wait(ticket, 1, NULL, &error), AMAAS_STATUS_CLOSED, "forked");
    REFUSED(amaas_service_new(NULL, &other, &error), AMAAS_STATUS_CLOSED, "start the service in the child");
    CHECK(!amaas_ticket_is_done(ticket));
    amaas_ticket_cancel(ticket);
    amaas_stop_raise(stop);
    SAME(amaas_classification_label(answer, 0, 0), "positive");
    CHECK(amaas_version() != NULL && amaas_abi_version() == AMAAS_ABI_VERSION);
    amaas_ticket_free(ticket);
    amaas_classification_free(answer);
    amaas_route_free(route);
    amaas_service_free(service);
}

int main(void)
{
    amaas_error *error = NULL;
    bool done = false;
    in_child(starts); /* nothing was started here yet */
    starts();
    OK(amaas_route_submit_classify(route, &text, NULL, 1, NULL, &ticket, &error));
    in_child(is_refused);
    /* The parent goes on. */
    OK(amaas_ticket_wait(ticket, 60000, &done, &error));
    CHECK(done);
    amaas_ticket_free(ticket);
    amaas_classification_free(answer);
    amaas_stop_free(stop);
    amaas_route_free(route);
    amaas_service_free(service);
    return 0;
}
