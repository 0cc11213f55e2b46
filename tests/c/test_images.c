/* Images: a digit, a picture, boxes and a page. */
#include "check.h"

#include <math.h>

static amaas_route *load(const amaas_service *service, const char *path)
{
    amaas_error *error = NULL;
    amaas_route *route = NULL;
    OK(amaas_service_load(service, path, &route, &error));
    return route;
}

static void classifies(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *route = load(service, "tests/fixtures/colours");
    amaas_image *file = NULL, *green = NULL;
    amaas_image_options *options = NULL;
    amaas_classification *answer = NULL;
    amaas_usage usage = {.size = sizeof usage};
    const uint8_t pixels[] = {0, 255, 0, 77, 0, 255, 0, 77};
    const amaas_image *images[2];

    OK(amaas_image_open("tests/fixtures/images/orientation6.jpg", &file, &error));
    OK(amaas_image_pixels(pixels, 1, 2, 4, &green, &error));
    images[0] = file, images[1] = green;
    OK(amaas_image_options_new(&options, &error));
    OK(amaas_image_options_set_top_k(options, 1, &error));
    OK(amaas_image_options_set_function(options, AMAAS_FUNCTION_NONE, &error));
    OK(amaas_route_classify_images(route, images, 2, options, &answer, &error));
    CHECK(amaas_classification_count(answer) == 2 && amaas_classification_label_count(answer, 1) == 1);
    SAME(amaas_classification_label(answer, 0, 0), "red");
    SAME(amaas_classification_label(answer, 1, 0), "green");
    CHECK(fabs(amaas_classification_score(answer, 1, 0) - 1) < 1e-6);
    OK(amaas_classification_usage(answer, &usage, &error));
    CHECK(usage.rows == 2);
    amaas_classification_free(answer);
    INVALID(amaas_image_pixels(pixels, 2, 2, 2, &green, &error), "no image");
    INVALID(amaas_image_options_set_top_k(options, 0, &error), "top_k");
    amaas_image_options_free(options);
    amaas_image_free(file);
    amaas_image_free(green);
    amaas_route_free(route);
}

static void refuses(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *route = load(service, "tests/fixtures/colours");
    amaas_image *image = NULL;
    amaas_classification *answer = NULL;
    amaas_detection *found = NULL;
    const amaas_image *images[1];

    OK(amaas_image_encoded((const uint8_t *)"no image", 8, &image, &error));
    images[0] = image;
    INVALID(amaas_route_classify_images(route, images, 1, NULL, &answer, &error), "unknown format");
    CHECK(answer == NULL);
    REFUSED(amaas_route_detect(route, images, 1, NULL, &found, &error), AMAAS_STATUS_UNSUPPORTED, "object-detection");
    amaas_image_free(image);
    amaas_route_free(route);
}

static void detects(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *route = load(service, "tests/fixtures/boxes");
    uint8_t white[64 * 64];
    amaas_image *image = NULL;
    amaas_image_options *options = NULL;
    amaas_detection *found = NULL;
    const amaas_image *images[1];

    memset(white, 255, sizeof white);
    OK(amaas_image_pixels(white, 64, 64, 1, &image, &error));
    images[0] = image;
    OK(amaas_route_detect(route, images, 1, NULL, &found, &error));
    CHECK(amaas_detection_count(found) == 1 && amaas_detection_box_count(found, 0) == 2);
    SAME(amaas_detection_label(found, 0, 0), "bright");
    CHECK(amaas_detection_edge(found, 0, 0, 0) == 8 && amaas_detection_edge(found, 0, 0, 3) == 40);
    CHECK(fabs(amaas_detection_score(found, 0, 0) - 0.9) < 1e-6);
    CHECK(isnan(amaas_detection_edge(found, 0, 0, 4)) && amaas_detection_label(found, 1, 0) == NULL);
    amaas_detection_free(found);
    OK(amaas_image_options_new(&options, &error));
    OK(amaas_image_options_set_threshold(options, 0.85, &error));
    OK(amaas_image_options_set_overlap(options, 1, &error));
    OK(amaas_route_detect(route, images, 1, options, &found, &error));
    CHECK(amaas_detection_box_count(found, 0) == 1);
    amaas_detection_free(found);
    amaas_image_options_free(options);
    amaas_image_free(image);
    amaas_route_free(route);
}

static void reads(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *route = load(service, "models/ocr/rapidocr/1.0.0");
    amaas_image *page = NULL;
    amaas_reading *reading = NULL;
    const amaas_image *images[1];

    OK(amaas_image_open("models/ocr/rapidocr/1.0.0/page.png", &page, &error));
    images[0] = page;
    OK(amaas_route_read_images(route, images, 1, NULL, &reading, &error));
    CHECK(amaas_reading_count(reading) == 1 && amaas_reading_line_count(reading, 0) == 5);
    SAME(amaas_reading_text(reading, 0, 1), "Let us first determine markers of the coins and the");
    CHECK(amaas_reading_score(reading, 0, 1) > 0.8);
    CHECK(amaas_reading_corner(reading, 0, 1, 2, 0) > 300 && isnan(amaas_reading_corner(reading, 0, 1, 4, 0)));
    amaas_reading_free(reading);
    amaas_image_free(page);
    amaas_route_free(route);
}

/* Each task by ticket: the images are gone before the answers are there. */
static void nobody_waits(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *colours = load(service, "tests/fixtures/colours"), *boxes = load(service, "tests/fixtures/boxes");
    amaas_route *pages = load(service, "models/ocr/rapidocr/1.0.0");
    uint8_t white[64 * 64];
    const uint8_t pixels[] = {0, 255, 0};
    amaas_image *green = NULL, *bright = NULL, *page = NULL;
    amaas_image_options *options = NULL;
    amaas_ticket *classified = NULL, *detected = NULL, *read = NULL;
    amaas_classification *answer = NULL;
    amaas_detection *found = NULL;
    amaas_reading *reading = NULL;
    amaas_usage usage = {.size = sizeof usage};
    const amaas_image *images[1];

    memset(white, 255, sizeof white);
    OK(amaas_image_pixels(pixels, 1, 1, 3, &green, &error));
    OK(amaas_image_pixels(white, 64, 64, 1, &bright, &error));
    OK(amaas_image_open("models/ocr/rapidocr/1.0.0/page.png", &page, &error));
    OK(amaas_image_options_new(&options, &error));
    OK(amaas_image_options_set_top_k(options, 1, &error));
    images[0] = green;
    OK(amaas_route_submit_classify_images(colours, images, 1, options, &classified, &error));
    images[0] = bright;
    OK(amaas_route_submit_detect(boxes, images, 1, options, &detected, &error));
    images[0] = page;
    OK(amaas_route_submit_read_images(pages, images, 1, options, &read, &error));
    amaas_image_options_free(options);
    amaas_image_free(page);
    amaas_image_free(bright);
    amaas_image_free(green);

    INVALID(amaas_ticket_detection(classified, &found, &error), "`amaas_route_submit_classify_images` has no detection");
    INVALID(amaas_ticket_reading(detected, &reading, &error), "`amaas_route_submit_detect` has no reading");
    INVALID(amaas_ticket_classification(read, &answer, &error), "`amaas_route_submit_read_images` has no classification");
    OK(amaas_ticket_classification(classified, &answer, &error));
    SAME(amaas_classification_label(answer, 0, 0), "green");
    CHECK(amaas_classification_label_count(answer, 0) == 1);
    OK(amaas_ticket_detection(detected, &found, &error));
    SAME(amaas_detection_label(found, 0, 0), "bright");
    OK(amaas_ticket_reading(read, &reading, &error));
    CHECK(amaas_reading_line_count(reading, 0) == 5);
    OK(amaas_detection_usage(found, &usage, &error));
    SAME(usage.task, "object-detection");
    OK(amaas_reading_usage(reading, &usage, &error));
    SAME(usage.task, "ocr");
    amaas_reading_free(reading);
    amaas_detection_free(found);
    amaas_classification_free(answer);
    amaas_ticket_free(read);
    amaas_ticket_free(detected);
    amaas_ticket_free(classified);
    amaas_route_free(pages);
    amaas_route_free(boxes);
    amaas_route_free(colours);
}

/* The options of a call reach it: one that is given up beforehand has no answer. */
static void a_stop_ends_a_call(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *route = load(service, "tests/fixtures/colours");
    const uint8_t pixels[] = {0, 255, 0};
    amaas_image *image = NULL;
    amaas_image_options *options = NULL;
    amaas_call *call = NULL;
    amaas_stop *stop = NULL;
    amaas_classification *answer = NULL;
    const amaas_image *images[1];

    OK(amaas_image_pixels(pixels, 1, 1, 3, &image, &error));
    OK(amaas_stop_new(&stop, &error));
    OK(amaas_call_new(&call, &error));
    OK(amaas_call_set_stop(call, stop, &error));
    OK(amaas_image_options_new(&options, &error));
    OK(amaas_image_options_set_call(options, call, &error));
    amaas_stop_raise(stop);
    images[0] = image;
    REFUSED(amaas_route_classify_images(route, images, 1, options, &answer, &error), AMAAS_STATUS_CANCELLED, "");
    CHECK(answer == NULL);
    amaas_image_options_free(options);
    amaas_call_free(call);
    amaas_stop_free(stop);
    amaas_image_free(image);
    amaas_route_free(route);
}

/* What is wrong with an image comes through its ticket, and harms no other. */
static void a_ticket_says_what_is_wrong(const amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *route = load(service, "tests/fixtures/colours");
    const uint8_t pixels[] = {0, 255, 0};
    amaas_image *broken = NULL, *green = NULL;
    amaas_ticket *tickets[3] = {NULL, NULL, NULL};
    amaas_classification *answer = NULL;
    amaas_detection *found = NULL;
    const amaas_image *images[2] = {NULL, NULL};

    OK(amaas_image_encoded((const uint8_t *)"no image", 8, &broken, &error));
    OK(amaas_image_pixels(pixels, 1, 1, 3, &green, &error));
    images[0] = broken;
    OK(amaas_route_submit_classify_images(route, images, 1, NULL, &tickets[0], &error));
    INVALID(amaas_route_submit_classify_images(route, images, 2, NULL, &tickets[1], &error), "`images[1]` is NULL");
    INVALID(amaas_route_submit_detect(route, NULL, 1, NULL, &tickets[1], &error), "`images` is NULL");
    INVALID(amaas_route_submit_read_images(route, images, SIZE_MAX, NULL, &tickets[1], &error), "`images`");
    CHECK(tickets[1] == NULL);
    images[0] = green;
    OK(amaas_route_submit_classify_images(route, images, 1, NULL, &tickets[1], &error));
    OK(amaas_route_submit_detect(route, images, 1, NULL, &tickets[2], &error));
    INVALID(amaas_ticket_classification(tickets[0], &answer, &error), "unknown format");
    REFUSED(amaas_ticket_detection(tickets[2], &found, &error), AMAAS_STATUS_UNSUPPORTED, "object-detection");
    CHECK(answer == NULL && found == NULL);
    OK(amaas_ticket_classification(tickets[1], &answer, &error));
    SAME(amaas_classification_label(answer, 0, 0), "green");
    amaas_classification_free(answer);
    for (int i = 0; i < 3; i++)
        amaas_ticket_free(tickets[i]);
    amaas_image_free(green);
    amaas_image_free(broken);
    amaas_route_free(route);
}

int main(void)
{
    amaas_error *error = NULL;
    amaas_service *service = NULL;
    OK(amaas_service_new(NULL, &service, &error));
    classifies(service);
    refuses(service);
    detects(service);
    reads(service);
    nobody_waits(service);
    a_stop_ends_a_call(service);
    a_ticket_says_what_is_wrong(service);
    amaas_service_free(service);
    return 0;
}
