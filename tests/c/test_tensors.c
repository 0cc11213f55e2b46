/* Tensors: made, read, lent; and what is not one. */
#include "check.h"

static int released;

static void release(void *context)
{
    ++*(int *)context;
}

static void copies(void)
{
    amaas_error *error = NULL;
    amaas_tensor *tensor = NULL, *clone = NULL;
    float data[] = {1, 2, 3, 4, 5, 6};
    int64_t shape[] = {2, 3};
    size_t length = 7;

    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT32, shape, 2, data, sizeof data, &tensor, &error));
    memset(data, 0, sizeof data);
    shape[0] = 9;
    OK(amaas_tensor_clone(tensor, &clone, &error));
    CHECK(amaas_tensor_data(clone) == amaas_tensor_data(tensor));
    amaas_tensor_free(tensor);
    CHECK(amaas_tensor_dtype(clone) == AMAAS_DTYPE_FLOAT32 && amaas_tensor_rank(clone) == 2);
    CHECK(amaas_tensor_dimensions(clone)[0] == 2 && amaas_tensor_dimensions(clone)[1] == 3);
    CHECK(amaas_tensor_element_count(clone) == 6 && amaas_tensor_byte_length(clone) == 24);
    CHECK(((const float *)amaas_tensor_data(clone))[5] == 6);
    CHECK(amaas_tensor_string(clone, 0, &length) == NULL && length == 7);
    amaas_tensor_free(clone);

    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT32, NULL, 0, data, 4, &tensor, &error));
    CHECK(amaas_tensor_rank(tensor) == 0 && amaas_tensor_element_count(tensor) == 1);
    amaas_tensor_free(tensor);
    shape[0] = 0;
    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT32, shape, 2, NULL, 0, &tensor, &error));
    CHECK(amaas_tensor_element_count(tensor) == 0 && amaas_tensor_data(tensor) != NULL);
    amaas_tensor_free(tensor);
}

static void texts(void)
{
    amaas_error *error = NULL;
    amaas_tensor *tensor = NULL;
    const char *words[] = {"left", NULL, "a\0b"};
    const size_t lengths[] = {2, 0, 3};
    const char *bad[] = {"fine", "\xc3\x28"};
    const int64_t shape[] = {3};
    size_t length = 7;

    OK(amaas_tensor_new_strings(shape, 1, words, lengths, 3, &tensor, &error));
    CHECK(amaas_tensor_dtype(tensor) == AMAAS_DTYPE_STRING);
    CHECK(memcmp(amaas_tensor_string(tensor, 0, &length), "le", 2) == 0 && length == 2);
    CHECK(amaas_tensor_string(tensor, 1, &length) != NULL && length == 0);
    CHECK(memcmp(amaas_tensor_string(tensor, 2, &length), "a\0b", 3) == 0 && length == 3);
    CHECK(amaas_tensor_string(tensor, 3, &length) == NULL && length == 3);
    CHECK(amaas_tensor_string(tensor, 0, NULL) == NULL);
    CHECK(amaas_tensor_data(tensor) == NULL && amaas_tensor_byte_length(tensor) == 0);
    amaas_tensor_free(tensor);

    INVALID(amaas_tensor_new_strings(shape, 1, words, NULL, 3, &tensor, &error), "`texts[1]` is NULL");
    INVALID(amaas_tensor_new_strings(shape, 1, bad, NULL, 2, &tensor, &error), "`texts[1]` is not UTF-8");
    INVALID(amaas_tensor_new_strings(shape, 1, words, lengths, 2, &tensor, &error), "3 elements");
    INVALID(amaas_tensor_new_strings(shape, 1, NULL, lengths, 3, &tensor, &error), "`texts` is NULL");
    INVALID(amaas_tensor_new_strings(shape, 1, words, lengths, SIZE_MAX, &tensor, &error), "`texts`");
    INVALID(amaas_tensor_new_strings(shape, 1, words, lengths, 3, NULL, &error), "`out` is NULL");
}

static void lent(void)
{
    amaas_error *error = NULL;
    amaas_tensor *tensor = NULL, *clone = NULL;
    unsigned char data[9] = {0};
    const int64_t shape[] = {2};

    OK(amaas_tensor_borrow(AMAAS_DTYPE_INT32, shape, 1, data, 8, release, &released, &tensor, &error));
    CHECK(amaas_tensor_data(tensor) == data);
    OK(amaas_tensor_clone(tensor, &clone, &error));
    amaas_tensor_free(tensor);
    CHECK(released == 0);
    amaas_tensor_free(clone);
    CHECK(released == 1);

    /* Memory that is aligned for no int32 is still memory; without `release` nobody is told. */
    OK(amaas_tensor_borrow(AMAAS_DTYPE_INT32, shape, 1, data + 1, 8, NULL, NULL, &tensor, &error));
    CHECK(amaas_tensor_data(tensor) == data + 1);
    amaas_tensor_free(tensor);

    /* What fails is not lent. */
    tensor = NULL;
    INVALID(amaas_tensor_borrow(AMAAS_DTYPE_INT32, shape, 1, data, 9, release, &released, &tensor, &error), "8 bytes");
    INVALID(amaas_tensor_borrow(0, shape, 1, data, 8, release, &released, &tensor, &error), "`dtype`");
    INVALID(amaas_tensor_borrow(AMAAS_DTYPE_INT32, shape, 1, NULL, 8, release, &released, &tensor, &error), "`data` is NULL");
    CHECK(released == 1 && tensor == NULL);
}

static void hostile(void)
{
    amaas_error *error = NULL;
    amaas_tensor *tensor = NULL;
    const int32_t dtypes[] = {INT32_MIN, -1, 0, 27, 1000, INT32_MAX};
    const int64_t negative[] = {2, -1}, huge[] = {INT64_MAX, INT64_MAX}, large[] = {INT64_MAX / 8};
    const int64_t two[] = {2};
    const float data[] = {1, 2};

    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        INVALID(amaas_tensor_new(dtypes[i], two, 1, data, 8, &tensor, &error), "`dtype`");
    INVALID(amaas_tensor_new(AMAAS_DTYPE_STRING, two, 1, data, 8, &tensor, &error), "string");
    INVALID(amaas_tensor_new(1, negative, 2, data, 8, &tensor, &error), "`dimensions[1]` is `-1`");
    INVALID(amaas_tensor_new(1, huge, 2, data, 8, &tensor, &error), "too large");
    INVALID(amaas_tensor_new(1, large, 1, data, 8, &tensor, &error), "");
    INVALID(amaas_tensor_new(1, two, SIZE_MAX, data, 8, &tensor, &error), "`rank`");
    INVALID(amaas_tensor_new(1, two, AMAAS_TENSOR_MAX_RANK + 1, data, 8, &tensor, &error), "`rank`");
    INVALID(amaas_tensor_new(1, NULL, 1, data, 8, &tensor, &error), "`dimensions` is NULL");
    INVALID(amaas_tensor_new(1, two, 1, NULL, 8, &tensor, &error), "`data` is NULL");
    INVALID(amaas_tensor_new(1, two, 1, data, 7, &tensor, &error), "8 bytes");
    INVALID(amaas_tensor_new(1, two, 1, data, 0, &tensor, &error), "8 bytes");
    INVALID(amaas_tensor_new(1, two, 1, data, (size_t)1 << 40, &tensor, &error), "8 bytes");
    INVALID(amaas_tensor_new(1, two, 1, data, SIZE_MAX, &tensor, &error), "`data`");
    INVALID(amaas_tensor_new(1, two, 1, data, 8, NULL, &error), "`out` is NULL");
    INVALID(amaas_tensor_clone(NULL, &tensor, &error), "`tensor` is NULL");
    CHECK(tensor == NULL);
}

/* Elements go where the host wants them, or nowhere. */
static void into_memory_of_the_host(void)
{
    amaas_error *error = NULL;
    amaas_tensor *tensor = NULL, *words = NULL;
    const int64_t shape[] = {2}, none[] = {0};
    const float numbers[] = {1, 2};
    float room[3] = {-1, -1, -1};
    const char *texts[] = {"left", "right"};

    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT32, shape, 1, numbers, sizeof numbers, &tensor, &error));
    INVALID(amaas_tensor_copy(tensor, 7, room, &error), "`buffer` has room for `7`");
    INVALID(amaas_tensor_copy(tensor, 8, NULL, &error), "`buffer` is NULL");
    CHECK(room[0] == -1);
    OK(amaas_tensor_copy(tensor, sizeof room, room, &error));
    CHECK(room[0] == 1 && room[1] == 2 && room[2] == -1);
    amaas_tensor_free(tensor);
    OK(amaas_tensor_new_strings(shape, 1, texts, NULL, 2, &words, &error));
    INVALID(amaas_tensor_copy(words, sizeof room, room, &error), "string");
    amaas_tensor_free(words);
    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT32, none, 1, NULL, 0, &tensor, &error));
    OK(amaas_tensor_copy(tensor, 0, NULL, &error));
    amaas_tensor_free(tensor);
}

int main(void)
{
    size_t length;
    into_memory_of_the_host();
    copies();
    texts();
    lent();
    hostile();
    CHECK(amaas_tensor_dtype(NULL) == AMAAS_DTYPE_UNDEFINED && amaas_tensor_rank(NULL) == 0);
    CHECK(amaas_tensor_dimensions(NULL) == NULL && amaas_tensor_element_count(NULL) == 0);
    CHECK(amaas_tensor_data(NULL) == NULL && amaas_tensor_byte_length(NULL) == 0);
    CHECK(amaas_tensor_string(NULL, 0, &length) == NULL);
    amaas_tensor_free(NULL);
    return 0;
}
