/* A host that opens and closes the library a thousand times, in use and not: `test_dlopen LIBRARY`. */
#include "amaas.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                          \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);               \
            exit(1);                                                                              \
        }                                                                                         \
    } while (0)

/* What is looked up anew each time: this program is not linked to any of it. */
struct functions {
    uint32_t (*abi_version)(void);
    amaas_status (*service_new)(const amaas_service_options *, amaas_service **, amaas_error **);
    amaas_status (*service_load)(const amaas_service *, const char *, amaas_route **, amaas_error **);
    void (*route_free)(amaas_route *);
    void (*service_free)(amaas_service *);
};

static void *open(const char *library, struct functions *found)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    CHECK(handle);
    *(void **)&found->abi_version = dlsym(handle, "amaas_abi_version");
    *(void **)&found->service_new = dlsym(handle, "amaas_service_new");
    *(void **)&found->service_load = dlsym(handle, "amaas_service_load");
    *(void **)&found->route_free = dlsym(handle, "amaas_route_free");
    *(void **)&found->service_free = dlsym(handle, "amaas_service_free");
    CHECK(found->abi_version && found->abi_version() == AMAAS_ABI_VERSION);
    return handle;
}

int main(int argc, char **argv)
{
    struct functions amaas, again;
    amaas_service *service = NULL;
    amaas_route *route = NULL;
    CHECK(argc == 2);
    for (int i = 0; i < 500; i++)
        CHECK(dlclose(open(argv[1], &amaas)) == 0);
    CHECK(dlclose(open(argv[1], &amaas)) == 0);
    CHECK(amaas.service_new(NULL, &service, NULL) == AMAAS_STATUS_OK); /* it is still there */
    for (int i = 0; i < 499; i++) {
        void *handle = open(argv[1], &again);
        CHECK(again.abi_version == amaas.abi_version);
        if (i % 50 == 0) {
            CHECK(again.service_load(service, "tests/fixtures/noop.onnx", &route, NULL) == AMAAS_STATUS_OK);
            amaas.route_free(route);
        }
        CHECK(dlclose(handle) == 0);
    }
    amaas.service_free(service);
    return 0;
}
