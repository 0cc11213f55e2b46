// The C++ face: handles, views, both kinds of errors, tickets and futures.
// Compiled a second time without exceptions, for what is there then.
#include "amaas.hpp"

#include <array>
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
#endif

int main()
{
    returns_results();
    runs_tensors();
#if defined(__cpp_exceptions)
    throws_and_promises();
#endif
    return 0;
}
