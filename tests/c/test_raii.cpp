// The C++ face: handles, views, both kinds of errors, tickets and futures.
// Compiled a second time without exceptions, for what is there then.
#include "amaas.hpp"

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <type_traits>
#if __cplusplus >= 202002L
#include <span>
#endif

#define CHECK(condition)                                                                          \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            std::exit(1);                                                                         \
        }                                                                                         \
    } while (0)

template <class T> constexpr bool moves_only =
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> && !std::is_copy_constructible_v<T> &&
    !std::is_copy_assignable_v<T>;
static_assert(moves_only<amaas::Service> && moves_only<amaas::Route> && moves_only<amaas::ServiceOptions>);
static_assert(moves_only<amaas::Classification> && moves_only<amaas::Embedding> && moves_only<amaas::Outputs>);
static_assert(moves_only<amaas::Tensor> && moves_only<amaas::Ticket<amaas::Outputs>>);
static_assert(sizeof(amaas::Route) == sizeof(void *));

static void returns_results()
{
    auto options = amaas::ServiceOptions::make();
    CHECK(options && options->try_set(amaas_service_options_set_instances, 2));
    auto refused = options->try_set(amaas_service_options_set_devices, "gpu");
    CHECK(!refused && refused.error().status() == AMAAS_STATUS_INVALID_ARGUMENT);
    CHECK(refused.error().kind() == "invalid_argument" && !refused.error().retryable());
    CHECK(refused.error().message().find("gpu") != std::string_view::npos);
    auto service = amaas::Service::make(&*options);
    CHECK(service);
    auto missing = service->try_load("tests/fixtures/nothing.onnx");
    CHECK(!missing && missing.error().status() == AMAAS_STATUS_NOT_FOUND && !missing.error().remedy().empty());
    auto route = service->try_load("models/sentiment/1.0.0");
    CHECK(route);
    auto answer = route->try_classify({"Wonderful!", "A dull, lifeless mess."});
    CHECK(answer && answer->size() == 2 && answer->label_count() == 2);
    CHECK(answer->label(0) == "positive" && answer->label(1) == "negative");
    CHECK(answer->score(0) > 0.5 && answer->score(0, 0) >= answer->score(0, 1) && answer->label(7).empty());
    CHECK(answer->usage().rows == 2 && route->totals().requests == 1);
    auto none = route->try_embed("x");
    CHECK(!none && none.error().status() == AMAAS_STATUS_UNSUPPORTED);
    auto changed = route->try_update();
    CHECK(changed && !*changed);
    auto ticket = route->try_submit_classify(std::string("Wonderful!"));
    CHECK(ticket && ticket->wait_for(std::chrono::minutes(1)) && ticket->is_done());
    auto taken = ticket->try_take();
    CHECK(taken && taken->label() == "positive");
    CHECK(!ticket->try_take());
    auto wide = service->try_load("models/sentiment/1.0.0", *options);
    CHECK(wide && wide->reference() == "models/sentiment/1.0.0");
}

static void runs_tensors()
{
    auto service = amaas::Service::make();
    CHECK(service);
    auto route = service->try_load("tests/fixtures/add.onnx");
    CHECK(route);
    const std::array<std::int64_t, 2> shape = {1, 2};
    const std::vector<float> one = {1, 2}, two = {3, 4};
    auto left = amaas::Tensor::try_of<float>(shape, one), right = amaas::Tensor::try_of<float>(shape, two);
    CHECK(left && right);
    CHECK(!amaas::Tensor::try_of<float>(shape, amaas::Span<const float>()));
    const char *unknown[] = {"nothing"};
    amaas::Inputs inputs = {{"left", left->view()}, {"right", right->view()}};
    auto outputs = route->try_run(inputs);
    CHECK(outputs && outputs->size() == 1 && (*outputs)[0] && !(*outputs)[1] && !outputs->find("nothing"));
    CHECK(outputs->find(std::string(outputs->name(0)).c_str()));
    auto values = (*outputs)[0].values<float>();
    CHECK(values && values->size() == 2 && (*values)[0] == 4 && (*values)[1] == 6);
    CHECK(!(*outputs)[0].values<double>() && (*outputs)[0].text(0).empty());
    CHECK((*outputs)[0].shape().size() == 2 && (*outputs)[0].dtype() == AMAAS_DTYPE_FLOAT32);
#if __cplusplus >= 202002L
    std::span<const float> standard = *values;
    CHECK(standard.size() == 2);
#endif
    float sum = 0;
    for (float value : *values)
        sum += value;
    CHECK(sum == 10);
    CHECK(!route->try_run(inputs, unknown));
    auto ticket = route->try_submit(inputs);
    CHECK(ticket && ticket->try_take()->usage().rows == 1);
    auto texts = amaas::Tensor::try_of_texts(shape, {"a", std::string_view("b\0c", 3)});
    CHECK(texts && texts->view().text(1).size() == 3 && texts->view().text(2).empty());
}

static_assert(moves_only<amaas::Image> && moves_only<amaas::Audio> && moves_only<amaas::Stream>);
static_assert(moves_only<amaas::Detection> && moves_only<amaas::Reading> && moves_only<amaas::Speech>);
static_assert(moves_only<amaas::Generation> && moves_only<amaas::Ticket<amaas::Generation>>);

static const char *const HELLO = "[{\"role\": \"user\", \"content\": \"hello\"}]";
static const std::string SEA = " das Meer ist groß, 海は青い 🙂.";

static void sees()
{
    auto service = amaas::Service::make();
    CHECK(service);
    auto colours = service->try_load("tests/fixtures/colours"), boxes = service->try_load("tests/fixtures/boxes");
    CHECK(colours && boxes);
    const std::array<std::uint8_t, 6> green = {0, 255, 0, 0, 255, 0};
    const std::vector<std::uint8_t> white(64 * 64, 255);
    auto file = amaas::Image::try_open("tests/fixtures/images/orientation6.jpg");
    auto pixels = amaas::Image::try_pixels(green, 1, 2), bright = amaas::Image::try_pixels(white, 64, 64);
    CHECK(file && pixels && bright);
    CHECK(!amaas::Image::try_pixels(green, 5, 5) && !amaas::Image::try_pixels(green, 0, 1));
    CHECK(!amaas::Image::try_open("no/such/file.png"));
    auto options = amaas::ImageOptions::make();
    CHECK(options && options->try_set(amaas_image_options_set_top_k, 1));
    auto labels = colours->try_classify_images({*file, *pixels}, &*options);
    CHECK(labels && labels->size() == 2 && labels->label_count(1) == 1);
    CHECK(labels->label(0) == "red" && labels->label(1) == "green");
    auto found = boxes->try_detect(*bright);
    CHECK(found && found->size() == 1 && found->box_count() == 2 && found->label(0, 0) == "bright");
    CHECK(found->box(0, 0)[0] == 8 && found->box(0, 0)[3] == 40 && found->score(0, 0) > 0.8);
    CHECK(found->label(0, 7).empty() && found->usage().rows == 1);
    CHECK(boxes->try_read_images(*bright).error().status() == AMAAS_STATUS_UNSUPPORTED);
    auto ticket = colours->try_submit_classify_images(*pixels);
    CHECK(ticket && ticket->try_take()->label() == "green");
    auto detected = boxes->try_submit_detect(*bright);
    CHECK(detected && detected->try_take()->box_count() == 2);
    auto read = boxes->try_submit_read_images(*bright);
    CHECK(read && read->try_take().error().status() == AMAAS_STATUS_UNSUPPORTED);
    auto broken = amaas::Image::try_encoded(green);
    CHECK(broken && colours->try_classify_images(*broken).error().status() == AMAAS_STATUS_INVALID_ARGUMENT);
    auto pages = service->try_load("models/ocr/rapidocr/1.0.0");
    auto page = amaas::Image::try_open("models/ocr/rapidocr/1.0.0/page.png");
    CHECK(pages && page);
    auto lines = pages->try_read_images(*page);
    CHECK(lines && lines->size() == 1 && lines->line_count() == 5 && lines->usage().rows > 0);
    CHECK(lines->text(0, 1).find("markers of the coins") != std::string_view::npos);
    CHECK(lines->score(0, 1) > 0.8 && lines->corner(0, 1, 2)[0] > 300);
}

static void hears()
{
    auto service = amaas::Service::make();
    CHECK(service);
    auto loudness = service->try_load("tests/fixtures/loudness"), hearing = service->try_load("tests/fixtures/hearing");
    CHECK(loudness && hearing);
    std::vector<float> samples(16000);
    for (std::size_t place = 3200; place < 8000; place++)
        samples[place] = place % 2 ? 1.0f : -1.0f;
    const std::vector<std::int16_t> loud(100, 24576);
    auto audio = amaas::Audio::try_samples(samples, 16000), numbers = amaas::Audio::try_integers(loud, 16000, 2);
    auto file = amaas::Audio::try_open("tests/fixtures/tone.flac");
    CHECK(audio && numbers && file && !amaas::Audio::try_open("no/such/file.wav"));
    auto labels = loudness->try_classify_audio({*numbers, *file});
    CHECK(labels && labels->label(0) == "loud" && labels->label(1) == "quiet");
    auto later = loudness->try_submit_classify_audio(*numbers);
    CHECK(later && later->try_take()->label() == "loud");
    const std::array<std::uint8_t, 3> noise = {1, 2, 3};
    auto damaged = amaas::Audio::try_file(noise);
    CHECK(damaged && loudness->try_classify_audio(*damaged).error().status() == AMAAS_STATUS_INVALID_ARGUMENT);
    auto speech = hearing->try_detect_speech(*audio);
    CHECK(speech && speech->size() == 1 && speech->stretch_count() == 1 && speech->probabilities().size() == 100);
    CHECK(speech->start(0, 0) > 0.19 && speech->end(0, 0) < 0.55 && speech->score(0, 0) > 0.8);
    CHECK(!speech->is_going_on() && speech->usage().rows == 1);
    auto ticket = hearing->try_submit_detect_speech(*audio);
    CHECK(ticket && ticket->try_take()->stretch_count() == 1);

    auto one = hearing->try_listen(), two = hearing->try_listen(nullptr, true);
    auto piece = amaas::Audio::try_samples(amaas::Span<const float>(samples.data(), 7000), 16000);
    CHECK(one && two && piece && *one->try_version() == "1.0.0");
    CHECK(one->try_feed(*piece)->is_going_on());
    auto fork = one->try_fork();
    CHECK(fork && fork->try_finish()->stretch_count() == 1);
    auto heard = amaas::try_feed_together({{*one, *piece}, {*two, *piece}});
    CHECK(heard && heard->size() == 2 && (*heard)[0].probabilities().size() == 44);
    CHECK(!amaas::try_feed_together({{*one, *piece}, {*one, *piece}}));
    CHECK(amaas::try_feed_together({})->empty());
    auto fed = two->try_submit_feed(*piece);
    CHECK(fed && fed->try_take());
    auto finished = two->try_submit_finish();
    CHECK(finished && !finished->try_take()->is_going_on());
    CHECK(two->try_reset() && !*two->try_update());
}

static void keeps_state()
{
    auto service = amaas::Service::make();
    CHECK(service);
    auto route = service->try_load("tests/fixtures/counter");
    CHECK(route);
    const std::array<std::int64_t, 2> shape = {1, 1};
    const std::array<float, 1> five = {5};
    const std::array<std::int64_t, 1> once = {1};
    auto x = amaas::Tensor::try_of<float>(shape, five);
    auto times = amaas::Tensor::try_of<std::int64_t>(amaas::Span<const std::int64_t>(), once);
    CHECK(x && times);
    amaas::Inputs inputs = {{"x", x->view()}, {"times", times->view()}};
    auto stream = route->try_stream();
    CHECK(stream && (*(*stream->try_run(inputs))[0].values<float>())[0] == 5);
    auto ticket = stream->try_submit(inputs);
    CHECK(ticket && (*(*ticket->try_take())[0].values<float>())[0] == 10);
    CHECK(!service->try_load("tests/fixtures/add.onnx")->try_stream());
}

static void writes()
{
    std::atomic<int> receipts{0};
    const amaas::Receipts counts = [&](const amaas_usage &usage) { receipts += usage.tokens_out > 0; };
    auto options = amaas::ServiceOptions::make();
    CHECK(options && amaas::try_on_receipt(*options, counts));
    auto service = amaas::Service::make(&*options);
    CHECK(service);
    auto route = service->try_load("tests/fixtures/writer");
    CHECK(route);
    auto answer = route->try_generate({"count: one", "sea:"});
    CHECK(answer && answer->size() == 2 && answer->text(1) == SEA && answer->finish() == AMAAS_FINISH_STOP);
    CHECK(answer->truncated() == 0 && answer->usage().tokens_out > 0 && receipts == 1);
    auto short_one = amaas::GenerateOptions::make();
    CHECK(short_one && short_one->try_set(amaas_generate_options_set_max_new_tokens, 4));
    CHECK(route->try_generate("count: one", &*short_one)->finish() == AMAAS_FINISH_LENGTH);
    CHECK(route->try_chat(HELLO)->text() == "Hello to you." && !route->try_chat("x"));
    CHECK(*route->try_chat_prompt(HELLO) == "<|user|>hello<|assistant|>" && !route->try_chat_prompt("x"));
    std::string text;
    int pieces = 0;
    auto whole = route->try_stream_generate("sea:", [&](std::string_view piece) {
        text += piece;
        pieces++;
        return true;
    });
    CHECK(whole && whole->text() == SEA && text == SEA && pieces > 10);
    CHECK(route->try_stream_chat(HELLO, [](std::string_view) { return true; })->text() == "Hello to you.");
    auto ticket = route->try_submit_generate("sea:"), chat = route->try_submit_chat(HELLO);
    CHECK(ticket && chat && ticket->try_take()->text() == SEA && chat->try_take()->text() == "Hello to you.");
    CHECK(receipts == 7);
}

#if defined(__cpp_exceptions)
template <class F> static amaas_status thrown(F work)
{
    try {
        work();
    } catch (const amaas::Error &error) {
        CHECK(std::string_view(error.what()).size() > 0 && error.get());
        return error.status();
    }
    return AMAAS_STATUS_OK;
}

static void throws_and_promises()
{
    amaas::Service service;
    amaas::Route route = service.load("models/sentiment/1.0.0");
    const std::vector<std::string> texts = {"Wonderful!", "Wonderful!"};
    CHECK(route.classify("Wonderful!").label() == "positive" && route.classify(texts).size() == 2);
    CHECK(thrown([&] { service.load("tests/fixtures/nothing.onnx"); }) == AMAAS_STATUS_NOT_FOUND);
    CHECK(thrown([&] { route.embed("x"); }) == AMAAS_STATUS_UNSUPPORTED);
    CHECK(thrown([] { amaas::Call().set(amaas_call_set_priority, 9); }) == AMAAS_STATUS_INVALID_ARGUMENT);
    CHECK(std::string_view(amaas_model_info_version(route.info().get())) == "1.0.0");
    CHECK(route.try_info().has_value() && route.try_clone().has_value());
    amaas::Route second = route.clone();
    second = std::move(route);
    CHECK(!second.update());
    CHECK(amaas_model_list_count(nullptr) == 0);
    CHECK(thrown([&] { amaas::ask(amaas_service_models, service.get()); }) == AMAAS_STATUS_NOT_FOUND);

    std::vector<std::future<amaas::Classification>> futures;
    for (int i = 0; i < 50; i++)
        futures.push_back(second.submit_classify("Wonderful!").future());
    for (auto &future : futures)
        CHECK(future.get().label() == "positive");
    auto refused = second.submit_embed("x").future();
    CHECK(thrown([&] { refused.get(); }) == AMAAS_STATUS_UNSUPPORTED);

    std::promise<int> called;
    auto ticket = second.submit_classify("Wonderful!");
    ticket.on_done([&] { called.set_value(7); });
    CHECK(called.get_future().get() == 7 && ticket.take().label() == "positive");

    amaas::Route add = service.load("tests/fixtures/add.onnx");
    auto left = amaas::Tensor::of<float>({1, 2}, {1, 2}), right = amaas::Tensor::of({1, 2}, std::vector<float>{3, 4});
    auto sum = add.submit({{"left", left.view()}, {"right", right.view()}}).future();
    CHECK((*sum.get()[0].values<float>())[1] == 6);

    amaas::Call call;
    call.set(amaas_call_set_timeout, 60000);
    CHECK(add.run({{"left", left.view()}, {"right", right.view()}}, {}, &call).size() == 1);
    amaas::ClassifyOptions options;
    options.set(amaas_classify_options_set_top_k, 1).set(amaas_classify_options_set_call, call.get());
    CHECK(second.classify("Wonderful!", &options).label_count() == 1);
}

static void throws_of_every_kind()
{
    amaas::Service service;
    amaas::Route writer = service.load("tests/fixtures/writer"), colours = service.load("tests/fixtures/colours");
    auto text = writer.submit_generate("sea:").future(), chat = writer.submit_chat(HELLO).future();
    CHECK(text.get().text() == SEA && chat.get().text() == "Hello to you.");
    CHECK(writer.generate("sea:").text() == SEA && writer.chat(HELLO).text() == "Hello to you.");
    CHECK(!writer.chat_prompt(HELLO).empty());
    /* What the function throws comes out of the call, and the writer goes on with others. */
    int pieces = 0;
    bool caught = false;
    try {
        writer.stream_generate("sea:", [&](std::string_view) -> bool { throw ++pieces; });
    } catch (int number) {
        caught = number == 1;
    }
    CHECK(caught && pieces == 1);
    CHECK(writer.stream_chat(HELLO, [](std::string_view) { return true; }).text() == "Hello to you.");
    CHECK(thrown([&] { writer.stream_generate("", [](std::string_view) { return true; }); }) ==
          AMAAS_STATUS_INVALID_ARGUMENT);

    const std::vector<std::uint8_t> green = {0, 255, 0};
    std::vector<amaas::Image> images;
    images.push_back(amaas::Image::pixels(green, 1, 1));
    images.push_back(amaas::Image::open("tests/fixtures/images/rgb.png"));
    CHECK(colours.classify_images(images).size() == 2);
    CHECK(colours.submit_classify_images(images[0]).future().get().label() == "green");
    CHECK(thrown([&] { colours.detect(images); }) == AMAAS_STATUS_UNSUPPORTED);
    CHECK(thrown([&] { colours.read_images(images[0]); }) == AMAAS_STATUS_UNSUPPORTED);
    CHECK(thrown([&] { colours.classify_images(amaas::Image::encoded(green)); }) == AMAAS_STATUS_INVALID_ARGUMENT);

    amaas::Route hearing = service.load("tests/fixtures/hearing");
    const std::vector<float> silence(1600);
    amaas::Audio piece = amaas::Audio::samples(silence, 16000);
    CHECK(hearing.detect_speech(piece).stretch_count() == 0);
    CHECK(hearing.submit_detect_speech({piece, piece}).future().get().size() == 2);
    CHECK(thrown([&] { hearing.classify_audio(amaas::Audio::open("tests/fixtures/tone.wav")); }) ==
          AMAAS_STATUS_UNSUPPORTED);
    amaas::Stream stream = hearing.listen(), fork = stream.fork();
    CHECK(stream.feed(piece).probabilities().size() == 10 && stream.version() == "1.0.0");
    CHECK(amaas::feed_together({{stream, piece}, {fork, piece}}).size() == 2);
    CHECK(stream.submit_feed(piece).take().stretch_count() == 0 && stream.finish().stretch_count() == 0);
    CHECK(!stream.update());
    stream.reset();
    const std::vector<std::int16_t> slow(80);
    CHECK(thrown([&] { stream.feed(amaas::Audio::integers(slow, 8000)); }) == AMAAS_STATUS_INVALID_ARGUMENT);

    std::atomic<int> receipts{0};
    const amaas::Receipts counts = [&](const amaas_usage &) { receipts++; };
    amaas::ServiceOptions options;
    amaas::on_receipt(options, counts);
    amaas::Service told(options);
    told.load("tests/fixtures/colours").classify_images(images);
    CHECK(receipts == 1);
}
#endif

int main()
{
    returns_results();
    runs_tensors();
    sees();
    hears();
    keeps_state();
    writes();
#if defined(__cpp_exceptions)
    throws_and_promises();
    throws_of_every_kind();
#endif
    return 0;
}
