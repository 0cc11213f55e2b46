/* Classifies sentences: what a C program that embeds amaas starts from.
 *
 * `classify REFERENCE SENTENCE...` with the registry in AMAAS_HOME; without sentences each line
 * of the standard input is one. One line per sentence, tab separated: language, reference,
 * version, label, score, tokens, microseconds, placement. `make demo` reads these lines. */
#include "amaas.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static double microseconds(void)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static amaas_status classify(const amaas_route *route, const char *sentence, amaas_error **error)
{
    amaas_classification *answer = NULL;
    amaas_model_info *info = NULL;
    amaas_usage usage = {.size = sizeof usage};
    double started = microseconds(), elapsed = 0;
    amaas_status status = amaas_route_classify(route, &sentence, NULL, 1, NULL, &answer, error);
    elapsed = microseconds() - started;
    if (!status && !(status = amaas_classification_usage(answer, &usage, error)) &&
        !(status = amaas_route_info(route, &info, error)))
        printf("C\t%s\t%s\t%s\t%.6f\t%llu\t%.0f\t%s\n", amaas_route_reference(route), usage.version,
               amaas_classification_label(answer, 0, 0), amaas_classification_score(answer, 0, 0),
               (unsigned long long)usage.tokens, elapsed, amaas_model_info_placement(info));
    amaas_model_info_free(info);
    amaas_classification_free(answer);
    return status;
}

int main(int argc, char **argv)
{
    amaas_service *service = NULL;
    amaas_route *route = NULL;
    amaas_error *error = NULL;
    char line[4096];
    amaas_status status = amaas_service_new(NULL, &service, &error);
    if (!status)
        status = amaas_service_load(service, argc > 1 ? argv[1] : "", &route, &error);
    for (int i = 2; i < argc && !status; i++)
        status = classify(route, argv[i], &error);
    while (argc == 2 && !status && fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        status = classify(route, line, &error);
    }
    if (status)
        fprintf(stderr, "%s\n", amaas_error_report(error));
    amaas_error_free(error);
    amaas_route_free(route);
    amaas_service_free(service);
    return status ? 1 : 0;
}
