/* What the test programs share: each ends with 0, or says what failed and ends with 1. */
#ifndef AMAAS_TEST_CHECK_H
#define AMAAS_TEST_CHECK_H

#include "amaas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                          \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);               \
            exit(1);                                                                              \
        }                                                                                         \
    } while (0)

#define SAME(text, expected) CHECK((text) != NULL && strcmp((text), (expected)) == 0)

/* A call that succeeds; `error` is what the call writes to. */
#define OK(call)                                                                                  \
    do {                                                                                          \
        if (call) {                                                                               \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call,                         \
                    amaas_error_report(error));                                                   \
            exit(1);                                                                              \
        }                                                                                         \
        CHECK(error == NULL);                                                                     \
    } while (0)

/* A call that fails with `status`, in whose report `words` occur. */
#define REFUSED(call, status, words)                                                              \
    do {                                                                                          \
        CHECK((call) == (status));                                                                \
        CHECK(error != NULL && amaas_error_status(error) == (status));                            \
        if (!strstr(amaas_error_report(error), words)) {                                          \
            fprintf(stderr, "%s:%d: `%s` is not in: %s\n", __FILE__, __LINE__, words,             \
                    amaas_error_report(error));                                                   \
            exit(1);                                                                              \
        }                                                                                         \
        amaas_error_free(error);                                                                  \
        error = NULL;                                                                             \
    } while (0)

#define INVALID(call, words) REFUSED(call, AMAAS_STATUS_INVALID_ARGUMENT, words)

#endif
