/* Streams and sound from C: state that a stream keeps, recordings that are classified, and what is
 * refused. */
#include "home.h"

#include <math.h>

static const char *const names[] = {"x", "times"};

static float add(const amaas_stream *stream, float number)
{
    const int64_t shape[] = {1, 1};
    const int64_t times = 1;
    amaas_tensor *x = NULL, *factor = NULL;
    const amaas_tensor *inputs[2];
    amaas_outputs *outputs = NULL;
    amaas_error *error = NULL;
    float total;
    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT32, shape, 2, &number, sizeof number, &x, &error));
    OK(amaas_tensor_new(AMAAS_DTYPE_INT64, NULL, 0, &times, sizeof times, &factor, &error));
    inputs[0] = x;
    inputs[1] = factor;
    OK(amaas_stream_run(stream, names, inputs, 2, NULL, 0, NULL, &outputs, &error));
    CHECK(amaas_outputs_count(outputs) == 1);
    total = *(const float *)amaas_tensor_data(amaas_outputs_tensor(outputs, 0));
    amaas_outputs_free(outputs);
    amaas_tensor_free(factor);
    amaas_tensor_free(x);
    return total;
}

static void streams_keep_their_state(const amaas_service *service)
{
    amaas_route *route = NULL;
    amaas_stream *one = NULL, *two = NULL, *fork = NULL;
    amaas_error *error = NULL;
    bool changed = true;
    OK(amaas_service_load(service, "tests/fixtures/counter", &route, &error));
    OK(amaas_route_stream(route, 0, &one, &error));
    OK(amaas_route_stream(route, 1, &two, &error));
    CHECK(add(one, 1) == 1 && add(two, 10) == 10 && add(one, 2) == 3);
    OK(amaas_stream_fork(one, &fork, &error));
    CHECK(add(one, 3) == 6 && add(fork, 30) == 33);
    OK(amaas_stream_update(one, &changed, &error));
    CHECK(!changed);
    OK(amaas_stream_reset(one, &error));
    CHECK(add(one, 5) == 5);
    CHECK(amaas_route_stream(route, 2, &fork, NULL) == AMAAS_STATUS_INVALID_ARGUMENT);
    amaas_stream_free(fork);
    amaas_stream_free(two);
    amaas_stream_free(one);
    amaas_route_free(route);
}

static void recordings_are_classified(const amaas_service *service)
{
    float samples[100];
    amaas_route *route = NULL;
    amaas_audio *audio = NULL, *file = NULL, *broken = NULL;
    const amaas_audio *both[2];
    amaas_classification *answer = NULL;
    amaas_speech *speech = NULL;
    amaas_error *error = NULL;
    for (int place = 0; place < 100; place++)
        samples[place] = place % 2 ? 0.75f : -0.75f;
    OK(amaas_service_load(service, "tests/fixtures/loudness", &route, &error));
    OK(amaas_audio_samples(samples, 100, 1, 16000, &audio, &error));
    OK(amaas_audio_open("tests/fixtures/tone.flac", &file, &error));
    both[0] = audio;
    both[1] = file;
    OK(amaas_route_classify_audio(route, both, 2, NULL, &answer, &error));
    SAME(amaas_classification_label(answer, 0, 0), "loud");
    SAME(amaas_classification_label(answer, 1, 0), "quiet");
    CHECK(fabs(amaas_classification_score(answer, 0, 0) - 0.75) < 1e-6);
    amaas_classification_free(answer);
    CHECK(amaas_route_detect_speech(route, both, 2, NULL, &speech, NULL) == AMAAS_STATUS_UNSUPPORTED);
    samples[7] = (float)NAN;
    OK(amaas_audio_samples(samples, 50, 2, 16000, &broken, &error));
    both[1] = broken;
    CHECK(amaas_route_classify_audio(route, both, 2, NULL, &answer, NULL) == AMAAS_STATUS_INVALID_ARGUMENT);
    CHECK(amaas_audio_open("no/such/file.wav", &file, NULL) == AMAAS_STATUS_IO);
    amaas_audio_free(broken);
    amaas_audio_free(file);
    amaas_audio_free(audio);
    amaas_route_free(route);
}

static void speech_is_heard(const amaas_service *service)
{
    static float samples[16000];
    amaas_route *route = NULL;
    amaas_audio *whole = NULL, *piece = NULL;
    amaas_stream *stream = NULL;
    amaas_speech *all = NULL, *heard = NULL;
    amaas_detect_speech_options *options = NULL;
    amaas_usage usage = {.size = sizeof usage};
    const amaas_audio *pieces[1];
    const amaas_stream *streams[1];
    amaas_error *error = NULL;
    for (int place = 3200; place < 8000; place++)
        samples[place] = place % 2 ? 1 : -1;
    OK(amaas_service_load(service, "tests/fixtures/hearing", &route, &error));
    OK(amaas_audio_samples(samples, 16000, 1, 16000, &whole, &error));
    pieces[0] = whole;
    OK(amaas_route_detect_speech(route, pieces, 1, NULL, &all, &error));
    CHECK(amaas_speech_count(all) == 1 && amaas_speech_stretch_count(all, 0) == 1);
    CHECK(amaas_speech_window_count(all, 0) == 100);
    CHECK(amaas_speech_probabilities(all, 0)[20] == 0.5f);
    CHECK(fabs(amaas_speech_start(all, 0, 0) - 0.2) < 1e-9);
    CHECK(amaas_speech_end(all, 0, 0) > 0.5 && amaas_speech_end(all, 0, 0) < 0.55);
    CHECK(amaas_speech_score(all, 0, 0) > 0.8 && isnan(amaas_speech_score(all, 0, 1)));
    OK(amaas_speech_usage(all, &usage, &error));
    CHECK(usage.rows == 1);
    OK(amaas_audio_samples(samples, 7000, 1, 16000, &piece, &error));
    OK(amaas_route_listen(route, NULL, 0, &stream, &error));
    OK(amaas_stream_feed(stream, piece, NULL, &heard, &error));
    CHECK(amaas_speech_is_going_on(heard) && amaas_speech_stretch_count(heard, 0) == 0);
    amaas_speech_free(heard);
    pieces[0] = piece;
    streams[0] = stream;
    OK(amaas_streams_feed(streams, pieces, 1, NULL, &heard, &error));
    CHECK(amaas_speech_window_count(heard, 0) == 44);
    amaas_speech_free(heard);
    OK(amaas_stream_finish(stream, NULL, &heard, &error));
    CHECK(!amaas_speech_is_going_on(heard) && amaas_speech_stretch_count(heard, 0) == 1);
    amaas_speech_free(heard);
    OK(amaas_detect_speech_options_new(&options, &error));
    OK(amaas_detect_speech_options_set_threshold(options, 2, &error));
    CHECK(amaas_route_detect_speech(route, pieces, 1, options, &heard, NULL) == AMAAS_STATUS_INVALID_ARGUMENT);
    amaas_detect_speech_options_free(options);
    amaas_stream_free(stream);
    amaas_speech_free(all);
    amaas_audio_free(piece);
    amaas_audio_free(whole);
    amaas_route_free(route);
}

static void options_are_obeyed(const amaas_service *service)
{
    static int16_t samples[16000];
    amaas_route *route = NULL;
    amaas_audio *audio = NULL;
    amaas_detect_speech_options *options = NULL;
    amaas_call *call = NULL;
    amaas_stop *stop = NULL;
    amaas_speech *speech = NULL;
    amaas_error *error = NULL;
    const amaas_audio *recordings[1];
    for (int place = 3200; place < 8000; place++)
        samples[place] = place % 2 ? INT16_MAX : -INT16_MAX;
    OK(amaas_service_load(service, "tests/fixtures/hearing", &route, &error));
    OK(amaas_audio_integers(samples, 16000, 1, 16000, &audio, &error));
    recordings[0] = audio;
    OK(amaas_detect_speech_options_new(&options, &error));
    OK(amaas_detect_speech_options_set_threshold(options, 0.6, &error));
    OK(amaas_detect_speech_options_set_release(options, 0.3, &error));
    OK(amaas_detect_speech_options_set_min_silence(options, 10, &error));
    OK(amaas_detect_speech_options_set_padding(options, 100, &error));
    OK(amaas_route_detect_speech(route, recordings, 1, options, &speech, &error));
    CHECK(amaas_speech_stretch_count(speech, 0) == 1);
    CHECK(amaas_speech_start(speech, 0, 0) > 0.1 && amaas_speech_start(speech, 0, 0) < 0.12); /* earlier by the padding */
    amaas_speech_free(speech);
    OK(amaas_detect_speech_options_set_min_speech(options, 900, &error));
    OK(amaas_route_detect_speech(route, recordings, 1, options, &speech, &error));
    CHECK(amaas_speech_stretch_count(speech, 0) == 0);
    amaas_speech_free(speech);
    speech = NULL;
    OK(amaas_call_new(&call, &error));
    OK(amaas_stop_new(&stop, &error));
    OK(amaas_call_set_stop(call, stop, &error));
    OK(amaas_detect_speech_options_set_call(options, call, &error));
    amaas_stop_raise(stop);
    REFUSED(amaas_route_detect_speech(route, recordings, 1, options, &speech, &error), AMAAS_STATUS_CANCELLED, "");
    CHECK(speech == NULL);
    amaas_stop_free(stop);
    amaas_call_free(call);
    amaas_detect_speech_options_free(options);
    amaas_audio_free(audio);
    amaas_route_free(route);
}

static void recordings_are_not_waited_for(const amaas_service *service)
{
    static float samples[16000];
    amaas_route *loudness = NULL, *hearing = NULL;
    amaas_audio *audio = NULL, *broken = NULL;
    amaas_ticket *labels = NULL, *stretches = NULL, *refused = NULL;
    amaas_classification *answer = NULL;
    amaas_speech *speech = NULL;
    amaas_error *error = NULL;
    const amaas_audio *recordings[1];
    for (int place = 3200; place < 8000; place++)
        samples[place] = place % 2 ? 1 : -1;
    OK(amaas_service_load(service, "tests/fixtures/loudness", &loudness, &error));
    OK(amaas_service_load(service, "tests/fixtures/hearing", &hearing, &error));
    OK(amaas_audio_samples(samples, 16000, 1, 16000, &audio, &error));
    OK(amaas_audio_file("no sound", 8, &broken, &error));
    recordings[0] = audio;
    OK(amaas_route_submit_classify_audio(loudness, recordings, 1, NULL, &labels, &error));
    OK(amaas_route_submit_detect_speech(hearing, recordings, 1, NULL, &stretches, &error));
    amaas_audio_free(audio);
    recordings[0] = broken;
    OK(amaas_route_submit_detect_speech(hearing, recordings, 1, NULL, &refused, &error));
    INVALID(amaas_ticket_speech(refused, &speech, &error), "");
    amaas_ticket_free(refused);
    refused = NULL;
    recordings[0] = NULL;
    INVALID(amaas_route_submit_classify_audio(loudness, recordings, 1, NULL, &refused, &error), "`audio[0]` is NULL");
    INVALID(amaas_route_submit_detect_speech(hearing, NULL, 1, NULL, &refused, &error), "`audio` is NULL");
    INVALID(amaas_ticket_speech(labels, &speech, &error), "has no speech");
    INVALID(amaas_ticket_classification(stretches, &answer, &error), "has no classification");
    CHECK(refused == NULL && speech == NULL && answer == NULL);
    OK(amaas_ticket_classification(labels, &answer, &error));
    CHECK(amaas_classification_count(answer) == 1 && amaas_classification_label_count(answer, 0) == 2);
    OK(amaas_ticket_speech(stretches, &speech, &error));
    CHECK(amaas_speech_window_count(speech, 0) == 100 && amaas_speech_stretch_count(speech, 0) == 1);
    amaas_speech_free(speech);
    amaas_classification_free(answer);
    amaas_ticket_free(stretches);
    amaas_ticket_free(labels);
    amaas_audio_free(broken);
    amaas_route_free(hearing);
    amaas_route_free(loudness);
}

static void a_stream_is_not_waited_for(const amaas_service *service)
{
    static float samples[16000];
    amaas_route *route = NULL;
    amaas_stream *stream = NULL;
    amaas_audio *piece = NULL, *other = NULL;
    amaas_ticket *ticket = NULL;
    amaas_text *version = NULL;
    amaas_speech *heard = NULL;
    amaas_error *error = NULL;
    for (int place = 3200; place < 8000; place++)
        samples[place] = place % 2 ? 1 : -1;
    OK(amaas_service_load(service, "tests/fixtures/hearing", &route, &error));
    OK(amaas_audio_samples(samples, 16000, 1, 16000, &piece, &error));
    OK(amaas_audio_samples(samples, 100, 1, 8000, &other, &error));
    OK(amaas_route_listen(route, NULL, 0, &stream, &error));
    OK(amaas_stream_version(stream, &version, &error));
    SAME(amaas_text_data(version), "1.0.0");
    amaas_text_free(version);
    OK(amaas_stream_submit_feed(stream, other, NULL, &ticket, &error));
    INVALID(amaas_ticket_speech(ticket, &heard, &error), "`8000` samples a second");
    amaas_ticket_free(ticket);
    OK(amaas_stream_submit_feed(stream, piece, NULL, &ticket, &error));
    amaas_audio_free(piece);
    OK(amaas_ticket_speech(ticket, &heard, &error));
    CHECK(amaas_speech_window_count(heard, 0) == 100 && amaas_speech_stretch_count(heard, 0) == 1);
    amaas_speech_free(heard);
    heard = NULL;
    amaas_ticket_free(ticket);
    OK(amaas_stream_submit_finish(stream, NULL, &ticket, &error));
    OK(amaas_ticket_speech(ticket, &heard, &error));
    CHECK(!amaas_speech_is_going_on(heard));
    amaas_speech_free(heard);
    amaas_ticket_free(ticket);
    amaas_audio_free(other);
    amaas_stream_free(stream);
    amaas_route_free(route);
}

static void a_state_is_not_waited_for(const amaas_service *service)
{
    const int64_t shape[] = {1, 1}, times = 1;
    const float number = 5;
    amaas_tensor *x = NULL, *factor = NULL;
    const amaas_tensor *inputs[2];
    amaas_route *route = NULL;
    amaas_stream *stream = NULL;
    amaas_ticket *ticket = NULL;
    amaas_outputs *outputs = NULL;
    amaas_error *error = NULL;
    OK(amaas_service_load(service, "tests/fixtures/counter", &route, &error));
    OK(amaas_route_stream(route, 0, &stream, &error));
    CHECK(add(stream, 1) == 1);
    OK(amaas_tensor_new(AMAAS_DTYPE_FLOAT32, shape, 2, &number, sizeof number, &x, &error));
    OK(amaas_tensor_new(AMAAS_DTYPE_INT64, NULL, 0, &times, sizeof times, &factor, &error));
    inputs[0] = x;
    inputs[1] = factor;
    OK(amaas_stream_submit(stream, names, inputs, 2, NULL, 0, NULL, &ticket, &error));
    OK(amaas_ticket_outputs(ticket, &outputs, &error));
    CHECK(*(const float *)amaas_tensor_data(amaas_outputs_tensor(outputs, 0)) == 6);
    amaas_outputs_free(outputs);
    amaas_ticket_free(ticket);
    CHECK(add(stream, 1) == 7); /* it has the state that the ticket left */
    OK(amaas_stream_submit(stream, names, inputs, 1, NULL, 0, NULL, &ticket, &error));
    outputs = NULL;
    INVALID(amaas_ticket_outputs(ticket, &outputs, &error), "times");
    amaas_ticket_free(ticket);
    CHECK(add(stream, 1) == 8);
    /* What nobody takes has still moved the state. */
    OK(amaas_stream_submit(stream, names, inputs, 2, NULL, 0, NULL, &ticket, &error));
    OK(amaas_ticket_wait(ticket, 60000, NULL, &error));
    amaas_ticket_free(ticket);
    CHECK(add(stream, 1) == 14);
    amaas_tensor_free(factor);
    amaas_tensor_free(x);
    amaas_stream_free(stream);
    amaas_route_free(route);
}

static void nothing_is_read_of_nothing(void)
{
    CHECK(amaas_speech_count(NULL) == 0 && amaas_speech_stretch_count(NULL, 0) == 0);
    CHECK(isnan(amaas_speech_start(NULL, 0, 0)) && amaas_speech_probabilities(NULL, 0) == NULL);
    CHECK(!amaas_speech_is_going_on(NULL));
}

int main(int argc, char **argv)
{
    amaas_service *service;
    CHECK(argc == 2);
    service = start(argv[1], "speech");
    streams_keep_their_state(service);
    recordings_are_classified(service);
    speech_is_heard(service);
    options_are_obeyed(service);
    recordings_are_not_waited_for(service);
    a_stream_is_not_waited_for(service);
    a_state_is_not_waited_for(service);
    nothing_is_read_of_nothing();
    amaas_service_free(service);
    return 0;
}
