/* The conformance driver's requests with images and sound; tests/conformance.md has them. */
#ifndef AMAAS_TEST_MEDIA_H
#define AMAAS_TEST_MEDIA_H

#include "fields.h"

/* A path, or a shape and its bytes; NULL when that failed and the answer is printed. */
static amaas_image *read_image(char **fields, size_t count)
{
    char *lengths[3];
    size_t shape[3] = {0, 0, 0}, bytes = 0;
    amaas_image *image = NULL;
    amaas_error *error = NULL;
    if (count == 1) {
        if (amaas_image_open(fields[0], &image, &error))
            put_error(error);
        return image;
    }
    for (size_t i = 0, rank = split(fields[0], ',', true, lengths, 3); i < rank; i++)
        shape[i] = strtoul(lengths[i], NULL, 10);
    float *numbers = read_numbers(fields[1], &bytes);
    uint8_t *pixels = calloc(bytes + 1, 1);
    for (size_t i = 0; i < bytes && numbers; i++)
        pixels[i] = (uint8_t)numbers[i];
    if (numbers && bytes != shape[0] * shape[1] * shape[2])
        put_malformed(fields[0]);
    else if (numbers && amaas_image_pixels(pixels, shape[0], shape[1], shape[2], &image, &error))
        put_error(error);
    free(numbers);
    free(pixels);
    return image;
}

/* A path, or a sampling rate and samples; NULL when that failed and the answer is printed. */
static amaas_audio *read_audio(char **fields, size_t count)
{
    size_t samples = 0;
    amaas_audio *audio = NULL;
    amaas_error *error = NULL;
    if (count == 1) {
        if (amaas_audio_open(fields[0], &audio, &error))
            put_error(error);
        return audio;
    }
    float *numbers = read_numbers(fields[1], &samples);
    if (numbers && amaas_audio_samples(numbers, samples, 1, (uint32_t)strtoul(fields[0], NULL, 10), &audio, &error))
        put_error(error);
    free(numbers);
    return audio;
}

/* `see`, top_k, and an image. */
static void see(const amaas_route *route, char **fields, size_t count)
{
    amaas_image *image = read_image(fields + 2, count - 2);
    const amaas_image *images[] = {image};
    amaas_image_options *options = NULL;
    amaas_classification *answer = NULL;
    amaas_error *error = NULL;
    if (!image)
        return;
    if (amaas_image_options_new(&options, &error) ||
        (strcmp(fields[1], "-") && amaas_image_options_set_top_k(options, strtoul(fields[1], NULL, 10), &error)) ||
        amaas_route_classify_images(route, images, 1, options, &answer, &error))
        put_error(error);
    else
        put_labels(answer);
    amaas_classification_free(answer);
    amaas_image_options_free(options);
    amaas_image_free(image);
}

/* `boxes` and an image. */
static void boxes(const amaas_route *route, char **fields, size_t count)
{
    amaas_image *image = read_image(fields + 1, count - 1);
    const amaas_image *images[] = {image};
    amaas_detection *answer = NULL;
    amaas_error *error = NULL;
    if (!image)
        return;
    if (amaas_route_detect(route, images, 1, NULL, &answer, &error)) {
        put_error(error);
    } else {
        fputs("ok", stdout);
        for (size_t i = 0; i < amaas_detection_box_count(answer, 0); i++) {
            printf("\t%s", amaas_detection_label(answer, 0, i));
            for (size_t edge = 0; edge < 4; edge++)
                printf(",%.9g", amaas_detection_edge(answer, 0, i, edge));
            printf(",%.9g", amaas_detection_score(answer, 0, i));
        }
    }
    amaas_detection_free(answer);
    amaas_image_free(image);
}

/* `hear`, top_k, and a recording. */
static void hear(const amaas_route *route, char **fields, size_t count)
{
    amaas_audio *audio = read_audio(fields + 2, count - 2);
    const amaas_audio *recordings[] = {audio};
    amaas_classify_options *options = NULL;
    amaas_classification *answer = NULL;
    amaas_error *error = NULL;
    if (!audio)
        return;
    if (amaas_classify_options_new(&options, &error) ||
        (strcmp(fields[1], "-") && amaas_classify_options_set_top_k(options, strtoul(fields[1], NULL, 10), &error)) ||
        amaas_route_classify_audio(route, recordings, 1, options, &answer, &error))
        put_error(error);
    else
        put_labels(answer);
    amaas_classification_free(answer);
    amaas_classify_options_free(options);
    amaas_audio_free(audio);
}

static void put_speech(const amaas_speech *speech)
{
    for (size_t i = 0; i < amaas_speech_stretch_count(speech, 0); i++)
        printf("\t%.9g,%.9g,%.9g", amaas_speech_start(speech, 0, i), amaas_speech_end(speech, 0, i),
               amaas_speech_score(speech, 0, i));
}

/* `speech` and a recording. */
static void speech(const amaas_route *route, char **fields, size_t count)
{
    amaas_audio *audio = read_audio(fields + 1, count - 1);
    const amaas_audio *recordings[] = {audio};
    amaas_speech *answer = NULL;
    amaas_error *error = NULL;
    if (!audio)
        return;
    if (amaas_route_detect_speech(route, recordings, 1, NULL, &answer, &error)) {
        put_error(error);
    } else {
        fputs("ok", stdout);
        put_speech(answer);
    }
    amaas_speech_free(answer);
    amaas_audio_free(audio);
}

/* Feeds a piece; NULL when that failed and the answer is printed. */
static amaas_speech *feed(const amaas_stream *stream, char *rate, char *piece)
{
    char *both[] = {rate, piece};
    amaas_audio *audio = read_audio(both, 2);
    amaas_speech *heard = NULL;
    amaas_error *error = NULL;
    if (audio && amaas_stream_feed(stream, audio, NULL, &heard, &error))
        put_error(error);
    amaas_audio_free(audio);
    return heard;
}

/* `listen`, a sampling rate, and pieces of a recording: what a stream hears in them all. */
static void listen(const amaas_route *route, char **fields, size_t count)
{
    amaas_speech *heard[MOST];
    size_t calls = 0;
    amaas_stream *stream = NULL;
    amaas_error *error = NULL;
    bool good = amaas_route_listen(route, NULL, 0, &stream, &error) == AMAAS_STATUS_OK;
    for (size_t at = 2; good && at < count && calls < MOST - 1; at++) {
        heard[calls] = feed(stream, fields[1], fields[at]);
        good = heard[calls] != NULL;
        calls += good;
    }
    if (good) {
        good = amaas_stream_finish(stream, NULL, &heard[calls], &error) == AMAAS_STATUS_OK;
        calls += good;
    }
    if (error)
        put_error(error);
    if (good)
        fputs("ok", stdout);
    for (size_t i = 0; i < calls; i++) {
        if (good)
            put_speech(heard[i]);
        amaas_speech_free(heard[i]);
    }
    amaas_stream_free(stream);
}

/* Whether it is a request with images or sound, which is then answered. */
static bool answer_media(const amaas_route *route, char **fields, size_t count)
{
    if ((count == 3 || count == 4) && strcmp(fields[0], "see") == 0)
        see(route, fields, count);
    else if ((count == 2 || count == 3) && strcmp(fields[0], "boxes") == 0)
        boxes(route, fields, count);
    else if ((count == 3 || count == 4) && strcmp(fields[0], "hear") == 0)
        hear(route, fields, count);
    else if ((count == 2 || count == 3) && strcmp(fields[0], "speech") == 0)
        speech(route, fields, count);
    else if (count > 1 && strcmp(fields[0], "listen") == 0)
        listen(route, fields, count);
    else
        return false;
    return true;
}

#endif
