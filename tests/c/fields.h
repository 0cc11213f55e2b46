/* What a line of the conformance protocol holds and how it is answered; tests/conformance.md has it. */
#ifndef AMAAS_TEST_FIELDS_H
#define AMAAS_TEST_FIELDS_H

#include "amaas.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

/* An input as it was read: the tensor, its name, and where the line holds it. */
struct inputs {
    const char *names[MOST];
    const amaas_tensor *tensors[MOST];
    amaas_tensor *owned[MOST];
    size_t count;
};

static void put_line(const char *text)
{
    for (; *text; text++)
        putchar(*text == '\t' || *text == '\n' ? ' ' : *text);
}

static void put_error(amaas_error *error)
{
    printf("error\t%s\t", amaas_status_name(amaas_error_status(error)));
    put_line(amaas_error_report(error));
    amaas_error_free(error);
}

static void put_malformed(const char *what)
{
    printf("error\tinvalid_argument\tthe driver cannot read `%s`", what);
}

/* Cuts `text` at each `separator`; empty parts count. `-` has none where `dash` says so. */
static size_t split(char *text, char separator, bool dash, char **parts, size_t most)
{
    size_t count = 0;
    if (dash && strcmp(text, "-") == 0)
        return 0;
    while (count < most) {
        char *end = strchr(text, separator);
        parts[count++] = text;
        if (!end)
            break;
        *end = '\0';
        text = end + 1;
    }
    return count;
}

static bool parse_unsigned(const char *text, size_t size, void *at)
{
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    uint8_t u8 = (uint8_t)value;
    uint16_t u16 = (uint16_t)value;
    uint32_t u32 = (uint32_t)value;
    memcpy(at, size == 1 ? (void *)&u8 : size == 2 ? (void *)&u16 : size == 4 ? (void *)&u32 : &value, size);
    return errno == 0 && end != text && *end == '\0' && *text != '-' && (size == 8 || value >> (8 * size) == 0);
}

static bool parse_signed(const char *text, size_t size, void *at)
{
    char *end;
    errno = 0;
    int64_t value = strtoll(text, &end, 10);
    int64_t most = size == 8 ? INT64_MAX : ((int64_t)1 << (8 * size - 1)) - 1;
    int8_t i8 = (int8_t)value;
    int16_t i16 = (int16_t)value;
    int32_t i32 = (int32_t)value;
    memcpy(at, size == 1 ? (void *)&i8 : size == 2 ? (void *)&i16 : size == 4 ? (void *)&i32 : &value, size);
    return errno == 0 && end != text && *end == '\0' && value <= most && value >= -most - 1;
}

static bool parse_value(amaas_dtype dtype, const char *text, void *at)
{
    size_t size = amaas_dtype_bits(dtype) / 8;
    char *end;
    switch (dtype) {
    case AMAAS_DTYPE_BOOL:
        *(uint8_t *)at = strcmp(text, "1") == 0;
        return true;
    case AMAAS_DTYPE_FLOAT32:
        *(float *)at = strtof(text, &end);
        return end != text && *end == '\0';
    case AMAAS_DTYPE_FLOAT64:
        *(double *)at = strtod(text, &end);
        return end != text && *end == '\0';
    case AMAAS_DTYPE_UINT8:
    case AMAAS_DTYPE_UINT16:
    case AMAAS_DTYPE_UINT32:
    case AMAAS_DTYPE_UINT64:
        return parse_unsigned(text, size, at);
    case AMAAS_DTYPE_INT8:
    case AMAAS_DTYPE_INT16:
    case AMAAS_DTYPE_INT32:
    case AMAAS_DTYPE_INT64:
        return parse_signed(text, size, at);
    default:
        return false;
    }
}

static void put_value(const amaas_tensor *tensor, size_t index)
{
    const void *data = amaas_tensor_data(tensor);
    size_t length = 0;
    const char *text;
    switch (amaas_tensor_dtype(tensor)) {
    case AMAAS_DTYPE_STRING:
        text = amaas_tensor_string(tensor, index, &length);
        printf("%.*s", (int)length, text);
        break;
    case AMAAS_DTYPE_BOOL:
    case AMAAS_DTYPE_UINT8: printf("%" PRIu8, ((const uint8_t *)data)[index]); break;
    case AMAAS_DTYPE_UINT16: printf("%" PRIu16, ((const uint16_t *)data)[index]); break;
    case AMAAS_DTYPE_UINT32: printf("%" PRIu32, ((const uint32_t *)data)[index]); break;
    case AMAAS_DTYPE_UINT64: printf("%" PRIu64, ((const uint64_t *)data)[index]); break;
    case AMAAS_DTYPE_INT8: printf("%" PRId8, ((const int8_t *)data)[index]); break;
    case AMAAS_DTYPE_INT16: printf("%" PRId16, ((const int16_t *)data)[index]); break;
    case AMAAS_DTYPE_INT32: printf("%" PRId32, ((const int32_t *)data)[index]); break;
    case AMAAS_DTYPE_INT64: printf("%" PRId64, ((const int64_t *)data)[index]); break;
    case AMAAS_DTYPE_FLOAT32: printf("%.9g", (double)((const float *)data)[index]); break;
    case AMAAS_DTYPE_FLOAT64: printf("%.9g", ((const double *)data)[index]); break;
    default: putchar('?');
    }
}

static void put_tensor(const char *name, const amaas_tensor *tensor)
{
    size_t rank = amaas_tensor_rank(tensor), count = amaas_tensor_element_count(tensor);
    printf("\t%s\t%s\t", name, amaas_dtype_name(amaas_tensor_dtype(tensor)));
    for (size_t i = 0; i < rank; i++)
        printf("%s%" PRId64, i ? "," : "", amaas_tensor_dimensions(tensor)[i]);
    printf("%s\t", rank ? "" : "-");
    for (size_t i = 0; i < count; i++) {
        if (i)
            putchar(',');
        put_value(tensor, i);
    }
    if (!count)
        putchar('-');
}

/* Makes the tensor of four fields; NULL when that failed and the answer is printed. */
static amaas_tensor *read_tensor(const char *type, char *shape, char *list)
{
    int64_t dimensions[MOST];
    char *lengths[MOST];
    size_t rank = split(shape, ',', true, lengths, MOST), most = strlen(list) + 1;
    amaas_dtype dtype = amaas_dtype_from_name(type);
    char **values = calloc(most, sizeof *values);
    unsigned char *data = calloc(most, sizeof(uint64_t));
    amaas_tensor *tensor = NULL;
    amaas_error *error = NULL;
    const char *malformed = dtype == AMAAS_DTYPE_UNDEFINED ? type : NULL;
    size_t count = split(list, ',', true, values, most), size = amaas_dtype_bits(dtype) / 8;

    for (size_t i = 0; i < rank && !malformed; i++)
        if (!parse_signed(lengths[i], sizeof(int64_t), &dimensions[i]))
            malformed = lengths[i];
    for (size_t i = 0; i < count && !malformed && dtype != AMAAS_DTYPE_STRING; i++)
        if (!parse_value(dtype, values[i], data + i * size))
            malformed = values[i];
    if (malformed)
        put_malformed(malformed);
    else if (dtype == AMAAS_DTYPE_STRING
                 ? amaas_tensor_new_strings(dimensions, rank, (const char *const *)values, NULL, count, &tensor, &error)
                 : amaas_tensor_new(dtype, dimensions, rank, data, count * size, &tensor, &error))
        put_error(error);
    free(values);
    free(data);
    return tensor;
}

/* Numbers as `value*count`, joined by `,`; NULL where one is none and that is printed. */
static float *read_numbers(char *list, size_t *count)
{
    char **parts = calloc(strlen(list) + 1, sizeof *parts);
    size_t runs = split(list, ',', true, parts, strlen(list) + 1);
    float *numbers = malloc(sizeof *numbers);
    *count = 0;
    for (size_t i = 0; i < runs && numbers; i++) {
        char *end;
        float value = strtof(parts[i], &end);
        size_t times = *end == '*' ? strtoul(end + 1, &end, 10) : 1;
        if (end == parts[i] || *end) {
            put_malformed(parts[i]);
            free(numbers);
            numbers = NULL;
            break;
        }
        numbers = realloc(numbers, (*count + times + 1) * sizeof *numbers);
        while (times--)
            numbers[(*count)++] = value;
    }
    free(parts);
    return numbers;
}

static void put_labels(const amaas_classification *answer)
{
    fputs("ok", stdout);
    for (size_t i = 0; i < amaas_classification_label_count(answer, 0); i++)
        printf("\t%s=%.9g", amaas_classification_label(answer, 0, i), amaas_classification_score(answer, 0, i));
}

#endif
