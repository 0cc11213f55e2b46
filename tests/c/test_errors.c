/* Statuses, names, versions and the error object. */
#include "check.h"

int main(void)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    amaas_service *service = (amaas_service *)&error;

    CHECK(amaas_abi_version() == AMAAS_ABI_VERSION);
    CHECK(strchr(amaas_version(), '.') != NULL);
    SAME(amaas_status_name(AMAAS_STATUS_OK), "ok");
    SAME(amaas_status_name(AMAAS_STATUS_INTERNAL), "internal");
    SAME(amaas_status_name(-1), "unknown");
    SAME(amaas_status_name(INT32_MAX), "unknown");
    SAME(amaas_dtype_name(AMAAS_DTYPE_FLOAT32), "float32");
    CHECK(amaas_dtype_name(INT32_MIN) == NULL && amaas_dtype_name(0) == NULL);
    CHECK(amaas_dtype_from_name("bfloat16") == AMAAS_DTYPE_BFLOAT16);
    CHECK(amaas_dtype_from_name("float") == AMAAS_DTYPE_UNDEFINED);
    CHECK(amaas_dtype_from_name("\xff") == AMAAS_DTYPE_UNDEFINED);
    CHECK(amaas_dtype_from_name(NULL) == AMAAS_DTYPE_UNDEFINED);
    CHECK(amaas_dtype_bits(AMAAS_DTYPE_INT4) == 4 && amaas_dtype_bits(AMAAS_DTYPE_STRING) == 0);
    CHECK(amaas_dtype_bits(99) == 0);

    /* A runtime that is not there: the output keeps its value, the error says what to do. */
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_set_runtime_library(options, "/nowhere/libonnxruntime.so", &error));
    CHECK(amaas_service_new(options, &service, &error) == AMAAS_STATUS_RUNTIME_UNAVAILABLE);
    CHECK((void *)service == (void *)&error);
    CHECK(amaas_error_status(error) == AMAAS_STATUS_RUNTIME_UNAVAILABLE);
    CHECK(strlen(amaas_error_message(error)) > 0 && amaas_error_remedy(error) != NULL);
    CHECK(strstr(amaas_error_report(error), "/nowhere") != NULL);
    CHECK(!amaas_error_retryable(error));
    CHECK(strncmp(amaas_error_details(error), "{\"kind\":\"runtime_unavailable\",", 30) == 0);
    CHECK(strstr(amaas_error_details(error), "/nowhere") && strstr(amaas_error_details(error), "\"retryable\":false"));
    amaas_error_free(error);
    error = NULL;

    /* Nobody has to take the error. */
    CHECK(amaas_service_new(options, &service, NULL) == AMAAS_STATUS_RUNTIME_UNAVAILABLE);
    amaas_service_options_free(options);

    /* A library of operators that is not there is named before any model is loaded. */
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_add_operators(options, "/nowhere/liboperators.so", &error));
    CHECK(amaas_service_new(options, &service, &error) == AMAAS_STATUS_RUNTIME_UNAVAILABLE);
    CHECK(strstr(amaas_error_message(error), "/nowhere/liboperators.so") && amaas_error_remedy(error));
    amaas_error_free(error);
    error = NULL;
    amaas_service_options_free(options);

    CHECK(amaas_error_status(NULL) == AMAAS_STATUS_OK);
    CHECK(amaas_error_message(NULL) == NULL && amaas_error_remedy(NULL) == NULL);
    CHECK(amaas_error_report(NULL) == NULL && amaas_error_details(NULL) == NULL && !amaas_error_retryable(NULL));
    amaas_error_free(NULL);
    return 0;
}
