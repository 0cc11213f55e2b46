/* A host that has loaded an ONNX Runtime of its own: `test_second COPY`. Without AMAAS_ORT_LIB its
 * copy is shared; where another one is stated, by the variable or by the options, that is refused. */
#define _POSIX_C_SOURCE 200809L

#include "check.h"

#include <dlfcn.h>

static amaas_service_options *stating(const char *library)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_set_runtime_library(options, library, &error));
    return options;
}

int main(int argc, char **argv)
{
    amaas_error *error = NULL;
    amaas_service *service = NULL;
    amaas_service_options *options;
    const char *usual = getenv("AMAAS_ORT_LIB");
    CHECK(argc == 2 && usual && dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL));
    REFUSED(amaas_service_new(NULL, &service, &error), AMAAS_STATUS_RUNTIME_UNAVAILABLE, argv[1]);
    options = stating(usual);
    REFUSED(amaas_service_new(options, &service, &error), AMAAS_STATUS_RUNTIME_UNAVAILABLE, "another ONNX Runtime is loaded");
    amaas_service_options_free(options);
    CHECK(service == NULL);
    options = stating(argv[1]);
    OK(amaas_service_new(options, &service, &error));
    amaas_service_options_free(options);
    amaas_service_free(service);
    CHECK(unsetenv("AMAAS_ORT_LIB") == 0);
    OK(amaas_service_new(NULL, &service, &error));
    amaas_service_free(service);
    return 0;
}
