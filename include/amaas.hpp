/*
 * amaas for C++17: RAII over amaas.h, in one header and nothing to link besides libamaas.
 *
 *     amaas::Service service;                          // the registry is the folder in AMAAS_HOME
 *     amaas::Route reviews = service.load("sentiment@^1");
 *     amaas::Classification answer = reviews.classify("I loved it");
 *     std::cout << answer.label(0) << ' ' << answer.score(0) << '\n';
 *
 * amaas.h is the manual: what it says of a function holds for what stands for it here.
 *
 * HANDLES
 *   Every object of amaas.h is a handle that can be moved and not copied, and ends by itself. `get`
 *   gives the pointer for functions of amaas.h; what has no class of its own here is asked with
 *   `ask` and told with `tell`, and set in options with `set`:
 *
 *     auto models = amaas::ask(amaas_service_models, service.get());
 *     amaas::ServiceOptions options;
 *     options.set(amaas_service_options_set_registry, "models/")
 *            .set(amaas_service_options_set_instances, 2);
 *
 * ERRORS
 *   Each verb comes twice. `load` throws `amaas::Error`; `try_load` never throws one, and returns an
 *   `amaas::Result`, which holds what was asked for or the error. Where a program is compiled without
 *   exceptions only the latter are there, and no function of this header throws.
 *
 * VIEWS
 *   What a getter returns is a `std::string_view` or an `amaas::Span` into the object that was asked:
 *   valid until that is gone. In C++20 a Span is taken wherever a `std::span` is wanted.
 *
 * TEXTS BY PIECES
 *   `stream_generate` and `stream_chat` hand each piece of a text to a function as it is written;
 *   `submit_generate(…).future()` waits for the whole of it on no thread:
 *
 *     route.stream_generate("Once", [](std::string_view piece) { std::cout << piece; return true; });
 *
 * THREADS
 *   As in amaas.h: one handle may be used by any number of threads at once, except that options are
 *   set by one, and that nobody may use a handle while or after it is moved from or ends.
 */
#ifndef AMAAS_HPP
#define AMAAS_HPP

#include "amaas.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <future>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#if defined(__cpp_exceptions)
#define AMAAS_EXCEPTIONS 1
#else
#define AMAAS_EXCEPTIONS 0
#endif

namespace amaas {

/* --- Owning ---------------------------------------------------------------------------------- */

namespace detail {
template <class T> struct End;
#define AMAAS_ENDS(noun)                                                                          \
    template <> struct End<amaas_##noun> {                                                        \
        void operator()(amaas_##noun *object) const noexcept { amaas_##noun##_free(object); }     \
    };
AMAAS_ENDS(alias_history)
AMAAS_ENDS(audio)
AMAAS_ENDS(call)
AMAAS_ENDS(classification)
AMAAS_ENDS(classify_options)
AMAAS_ENDS(detect_speech_options)
AMAAS_ENDS(detection)
AMAAS_ENDS(device_list)
AMAAS_ENDS(embed_options)
AMAAS_ENDS(embedding)
AMAAS_ENDS(error)
AMAAS_ENDS(export_options)
AMAAS_ENDS(gc_options)
AMAAS_ENDS(gc_report)
AMAAS_ENDS(generate_options)
AMAAS_ENDS(generation)
AMAAS_ENDS(guard)
AMAAS_ENDS(image)
AMAAS_ENDS(image_options)
AMAAS_ENDS(import_limits)
AMAAS_ENDS(import_options)
AMAAS_ENDS(imported)
AMAAS_ENDS(invoice)
AMAAS_ENDS(kept)
AMAAS_ENDS(ledger)
AMAAS_ENDS(ledger_filter)
AMAAS_ENDS(metrics)
AMAAS_ENDS(model_info)
AMAAS_ENDS(model_list)
AMAAS_ENDS(outputs)
AMAAS_ENDS(publish_options)
AMAAS_ENDS(published)
AMAAS_ENDS(rank_options)
AMAAS_ENDS(ranking)
AMAAS_ENDS(reading)
AMAAS_ENDS(receipt)
AMAAS_ENDS(redaction)
AMAAS_ENDS(redactor)
AMAAS_ENDS(redactor_options)
AMAAS_ENDS(remote)
AMAAS_ENDS(remote_model)
AMAAS_ENDS(remote_options)
AMAAS_ENDS(resolved)
AMAAS_ENDS(route)
AMAAS_ENDS(route_list)
AMAAS_ENDS(sample)
AMAAS_ENDS(service)
AMAAS_ENDS(service_options)
AMAAS_ENDS(signature)
AMAAS_ENDS(speech)
AMAAS_ENDS(standing)
AMAAS_ENDS(statistics)
AMAAS_ENDS(stop)
AMAAS_ENDS(stream)
AMAAS_ENDS(sum_list)
AMAAS_ENDS(tag_options)
AMAAS_ENDS(tagging)
AMAAS_ENDS(tenancy)
AMAAS_ENDS(tensor)
AMAAS_ENDS(text)
AMAAS_ENDS(ticket)
AMAAS_ENDS(transferred)
AMAAS_ENDS(trial_status)
AMAAS_ENDS(triton)
AMAAS_ENDS(tune_options)
AMAAS_ENDS(tuned)
AMAAS_ENDS(updated)
AMAAS_ENDS(verification)
AMAAS_ENDS(version_list)
AMAAS_ENDS(watch_options)
AMAAS_ENDS(watcher)
AMAAS_ENDS(zero_shot_options)
#undef AMAAS_ENDS

inline std::string_view view(const char *text) noexcept
{
    return text ? std::string_view(text) : std::string_view();
}
} // namespace detail

/* An object of amaas.h, and the end of it. */
template <class T> using Owned = std::unique_ptr<T, detail::End<T>>;

/* Elements side by side that belong to somebody else. */
template <class T> class Span {
public:
    constexpr Span() noexcept = default;
    constexpr Span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
    template <class U, std::size_t N, class = std::enable_if_t<std::is_convertible_v<U (*)[], T (*)[]>>>
    constexpr Span(U (&array)[N]) noexcept : data_(array), size_(N)
    {
    }
    template <class Range, class = decltype(std::declval<Range &>().data() + std::declval<Range &>().size())>
    constexpr Span(Range &range) noexcept : data_(range.data()), size_(range.size())
    {
    }

    constexpr T *data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr T *begin() const noexcept { return data_; }
    constexpr T *end() const noexcept { return data_ + size_; }
    constexpr T &operator[](std::size_t index) const noexcept { return data_[index]; }

private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

/* --- Errors ---------------------------------------------------------------------------------- */

/* Why a call failed. Copies share what they say. */
class Error : public std::exception {
public:
    explicit Error(amaas_error *error) : error_(error, detail::End<amaas_error>()) {}

    const char *what() const noexcept override
    {
        const char *report = amaas_error_report(error_.get());
        return report ? report : "amaas failed and had no memory to say why";
    }
    amaas_status status() const noexcept { return amaas_error_status(error_.get()); }
    std::string_view kind() const noexcept { return detail::view(amaas_status_name(status())); }
    std::string_view message() const noexcept { return detail::view(amaas_error_message(error_.get())); }
    std::string_view remedy() const noexcept { return detail::view(amaas_error_remedy(error_.get())); }
    /* One JSON object; amaas.h says of what. */
    std::string_view details() const noexcept { return detail::view(amaas_error_details(error_.get())); }
    bool retryable() const noexcept { return amaas_error_retryable(error_.get()); }
    amaas_phase phase() const noexcept { return amaas_error_phase(error_.get()); }
    const amaas_error *get() const noexcept { return error_.get(); }

private:
    std::shared_ptr<const amaas_error> error_;
};

/* What was asked for, or why it is not there. */
template <class T> class [[nodiscard]] Result {
public:
    Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}

    bool has_value() const noexcept { return held_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    /* Only where there is one. */
    T &operator*() & noexcept { return *std::get_if<0>(&held_); }
    const T &operator*() const & noexcept { return *std::get_if<0>(&held_); }
    T &&operator*() && noexcept { return std::move(*std::get_if<0>(&held_)); }
    T *operator->() noexcept { return std::get_if<0>(&held_); }
    const T *operator->() const noexcept { return std::get_if<0>(&held_); }
    const Error &error() const noexcept { return *std::get_if<1>(&held_); }

    /* What was asked for, or the other value. */
    T value_or(T other) && { return has_value() ? std::move(**this) : std::move(other); }

#if AMAAS_EXCEPTIONS
    /* What was asked for; throws the error where it is not there. */
    T value() &&
    {
        if (!has_value())
            throw error();
        return std::move(**this);
    }
#endif

private:
    std::variant<T, Error> held_;
};

template <> class [[nodiscard]] Result<void> {
public:
    Result() = default;
    Result(Error error) : error_(std::move(error)) {}

    bool has_value() const noexcept { return !error_; }
    explicit operator bool() const noexcept { return has_value(); }
    const Error &error() const noexcept { return *error_; }

#if AMAAS_EXCEPTIONS
    void value() const
    {
        if (error_)
            throw *error_;
    }
#endif

private:
    std::optional<Error> error_;
};

/* --- Any function of amaas.h ----------------------------------------------------------------- */

namespace detail {
/* What a function writes to its parameter before the last. */
template <class F> struct Answer;
template <class... P> struct Answer<amaas_status (*)(P...)> {
    using Out = std::tuple_element_t<sizeof...(P) - 2, std::tuple<P...>>;
    using Type = std::remove_pointer_t<std::remove_pointer_t<Out>>;
};
} // namespace detail

/* Calls a function that answers with an object: `try_ask(amaas_service_models, service.get())`. */
template <class F, class... A> auto try_ask(F function, A... arguments)
{
    using T = typename detail::Answer<F>::Type;
    T *out = nullptr;
    amaas_error *error = nullptr;
    if (function(arguments..., &out, &error))
        return Result<Owned<T>>(Error(error));
    return Result<Owned<T>>(Owned<T>(out));
}

/* Calls a function that answers with success alone: `try_tell(amaas_service_delete, …)`. */
template <class F, class... A> Result<void> try_tell(F function, A... arguments)
{
    amaas_error *error = nullptr;
    if (function(arguments..., &error))
        return Error(error);
    return {};
}

#if AMAAS_EXCEPTIONS
template <class F, class... A> auto ask(F function, A... arguments)
{
    return try_ask(function, arguments...).value();
}

template <class F, class... A> void tell(F function, A... arguments)
{
    try_tell(function, arguments...).value();
}
#endif

/* --- Options --------------------------------------------------------------------------------- */

/* Options, or anything else that is made empty and then filled. */
template <class T, amaas_status (*New)(T **, amaas_error **)> class Settings {
public:
    static Result<Settings> make()
    {
        auto made = try_ask(New);
        if (!made)
            return made.error();
        return Settings(std::move(*made));
    }

    /* Calls a setter with what is to be set. */
    template <class F, class... A> Result<void> try_set(F setter, A... values)
    {
        return try_tell(setter, object_.get(), values...);
    }

#if AMAAS_EXCEPTIONS
    Settings() : object_(ask(New)) {}

    template <class F, class... A> Settings &set(F setter, A... values)
    {
        try_set(setter, values...).value();
        return *this;
    }
#endif

    T *get() const noexcept { return object_.get(); }

    explicit Settings(Owned<T> object) noexcept : object_(std::move(object)) {}

private:
    Owned<T> object_;
};

namespace detail {
template <class S> auto pointer(const S *settings) noexcept { return settings ? settings->get() : nullptr; }
} // namespace detail

using Call = Settings<amaas_call, amaas_call_new>;
using ClassifyOptions = Settings<amaas_classify_options, amaas_classify_options_new>;
using DetectSpeechOptions = Settings<amaas_detect_speech_options, amaas_detect_speech_options_new>;
using EmbedOptions = Settings<amaas_embed_options, amaas_embed_options_new>;
using ExportOptions = Settings<amaas_export_options, amaas_export_options_new>;
using GcOptions = Settings<amaas_gc_options, amaas_gc_options_new>;
using GenerateOptions = Settings<amaas_generate_options, amaas_generate_options_new>;
using Guard = Settings<amaas_guard, amaas_guard_new>;
using ImageOptions = Settings<amaas_image_options, amaas_image_options_new>;
using ImportLimits = Settings<amaas_import_limits, amaas_import_limits_new>;
using ImportOptions = Settings<amaas_import_options, amaas_import_options_new>;
using RemoteOptions = Settings<amaas_remote_options, amaas_remote_options_new>;
using Sample = Settings<amaas_sample, amaas_sample_new>;
using ServiceOptions = Settings<amaas_service_options, amaas_service_options_new>;
using Stop = Settings<amaas_stop, amaas_stop_new>;
using TuneOptions = Settings<amaas_tune_options, amaas_tune_options_new>;
using WatchOptions = Settings<amaas_watch_options, amaas_watch_options_new>;

/* Told of each receipt once it is settled, from any thread, also from several at once; it must not throw. */
using Receipts = std::function<void(const amaas_usage &)>;

namespace detail {
inline void told(void *receipts, const amaas_usage *usage) noexcept { (*static_cast<const Receipts *>(receipts))(*usage); }
} // namespace detail

/* Has `receipts` told of each receipt of services made with `options`. It is borrowed, and must live until
 * the options and the last such service are gone. */
inline Result<void> try_on_receipt(ServiceOptions &options, const Receipts &receipts)
{
    return options.try_set(amaas_service_options_set_receipts, detail::told,
                           const_cast<void *>(static_cast<const void *>(&receipts)));
}
Result<void> try_on_receipt(ServiceOptions &options, const Receipts &&receipts) = delete;

#if AMAAS_EXCEPTIONS
inline void on_receipt(ServiceOptions &options, const Receipts &receipts)
{
    try_on_receipt(options, receipts).value();
}
void on_receipt(ServiceOptions &options, const Receipts &&receipts) = delete;
#endif

/* --- Tensors --------------------------------------------------------------------------------- */

/* The dtype of an element type; there is none for others. */
template <class T> constexpr amaas_dtype dtype_of = AMAAS_DTYPE_UNDEFINED;
template <> inline constexpr amaas_dtype dtype_of<bool> = AMAAS_DTYPE_BOOL;
template <> inline constexpr amaas_dtype dtype_of<float> = AMAAS_DTYPE_FLOAT32;
template <> inline constexpr amaas_dtype dtype_of<double> = AMAAS_DTYPE_FLOAT64;
template <> inline constexpr amaas_dtype dtype_of<std::int8_t> = AMAAS_DTYPE_INT8;
template <> inline constexpr amaas_dtype dtype_of<std::int16_t> = AMAAS_DTYPE_INT16;
template <> inline constexpr amaas_dtype dtype_of<std::int32_t> = AMAAS_DTYPE_INT32;
template <> inline constexpr amaas_dtype dtype_of<std::int64_t> = AMAAS_DTYPE_INT64;
template <> inline constexpr amaas_dtype dtype_of<std::uint8_t> = AMAAS_DTYPE_UINT8;
template <> inline constexpr amaas_dtype dtype_of<std::uint16_t> = AMAAS_DTYPE_UINT16;
template <> inline constexpr amaas_dtype dtype_of<std::uint32_t> = AMAAS_DTYPE_UINT32;
template <> inline constexpr amaas_dtype dtype_of<std::uint64_t> = AMAAS_DTYPE_UINT64;

/* A look at a tensor that belongs to somebody else. */
class TensorView {
public:
    explicit TensorView(const amaas_tensor *tensor) noexcept : tensor_(tensor) {}

    explicit operator bool() const noexcept { return tensor_ != nullptr; }
    amaas_dtype dtype() const noexcept { return amaas_tensor_dtype(tensor_); }
    std::size_t size() const noexcept { return amaas_tensor_element_count(tensor_); }
    Span<const std::int64_t> shape() const noexcept
    {
        return {amaas_tensor_dimensions(tensor_), amaas_tensor_rank(tensor_)};
    }

    /* The elements; none where they are of another type, or lent at an address that does not suit it. */
    template <class T> std::optional<Span<const T>> values() const noexcept
    {
        static_assert(dtype_of<T> != AMAAS_DTYPE_UNDEFINED, "no dtype has elements of this type");
        const void *data = amaas_tensor_data(tensor_);
        if (dtype() != dtype_of<T> || reinterpret_cast<std::uintptr_t>(data) % alignof(T) != 0)
            return std::nullopt;
        return Span<const T>(static_cast<const T *>(data), size());
    }

    /* One text of a tensor of strings; empty where there is none. */
    std::string_view text(std::size_t index) const noexcept
    {
        std::size_t length = 0;
        const char *text = amaas_tensor_string(tensor_, index, &length);
        return text ? std::string_view(text, length) : std::string_view();
    }

    const amaas_tensor *get() const noexcept { return tensor_; }

private:
    const amaas_tensor *tensor_;
};

/* Many texts, as amaas.h takes them: borrowed, with their lengths. */
class Texts {
public:
    Texts(const char *text) { add(text); }
    Texts(std::string_view text) { add(text); }
    Texts(const std::string &text) { add(text); }
    Texts(std::initializer_list<std::string_view> texts)
    {
        for (std::string_view text : texts)
            add(text);
    }
    template <class Range, class = std::enable_if_t<!std::is_convertible_v<const Range &, std::string_view>>,
              class = decltype(std::string_view(*std::declval<const Range &>().begin()))>
    Texts(const Range &texts)
    {
        for (const auto &text : texts)
            add(text);
    }

    const char *const *data() const noexcept { return data_.data(); }
    const std::size_t *lengths() const noexcept { return lengths_.data(); }
    std::size_t size() const noexcept { return data_.size(); }

private:
    void add(std::string_view text)
    {
        data_.push_back(text.data());
        lengths_.push_back(text.size());
    }

    std::vector<const char *> data_;
    std::vector<std::size_t> lengths_;
};

/* A tensor of one's own. */
class Tensor {
public:
    /* Copies the elements. */
    template <class T> static Result<Tensor> try_of(Span<const std::int64_t> shape, Span<const T> values)
    {
        static_assert(dtype_of<T> != AMAAS_DTYPE_UNDEFINED, "no dtype has elements of this type");
        const void *data = values.data();
        return make(try_ask(amaas_tensor_new, dtype_of<T>, shape.data(), shape.size(), data,
                            values.size() * sizeof(T)));
    }

    static Result<Tensor> try_of_texts(Span<const std::int64_t> shape, const Texts &texts)
    {
        return make(try_ask(amaas_tensor_new_strings, shape.data(), shape.size(), texts.data(),
                            texts.lengths(), texts.size()));
    }

#if AMAAS_EXCEPTIONS
    template <class T>
    static Tensor of(std::initializer_list<std::int64_t> shape, std::initializer_list<T> values)
    {
        return try_of<T>({shape.begin(), shape.size()}, {values.begin(), values.size()}).value();
    }

    template <class T> static Tensor of(std::initializer_list<std::int64_t> shape, const std::vector<T> &values)
    {
        return try_of<T>({shape.begin(), shape.size()}, {values.data(), values.size()}).value();
    }

    static Tensor of_texts(std::initializer_list<std::int64_t> shape, const Texts &texts)
    {
        return try_of_texts({shape.begin(), shape.size()}, texts).value();
    }
#endif

    TensorView view() const noexcept { return TensorView(tensor_.get()); }
    const amaas_tensor *get() const noexcept { return tensor_.get(); }

    explicit Tensor(Owned<amaas_tensor> tensor) noexcept : tensor_(std::move(tensor)) {}

private:
    static Result<Tensor> make(Result<Owned<amaas_tensor>> made)
    {
        if (!made)
            return made.error();
        return Tensor(std::move(*made));
    }

    Owned<amaas_tensor> tensor_;
};

/* Named tensors that go into a model: `{{"left", a.view()}, {"right", b.view()}}`. */
class Inputs {
public:
    Inputs(std::initializer_list<std::pair<const char *, TensorView>> inputs)
    {
        for (const auto &[name, tensor] : inputs)
            add(name, tensor);
    }

    /* The name is borrowed. */
    void add(const char *name, TensorView tensor)
    {
        names_.push_back(name);
        tensors_.push_back(tensor.get());
    }

    const char *const *names() const noexcept { return names_.data(); }
    const amaas_tensor *const *tensors() const noexcept { return tensors_.data(); }
    std::size_t size() const noexcept { return names_.size(); }

private:
    std::vector<const char *> names_;
    std::vector<const amaas_tensor *> tensors_;
};

/* --- Images and sound ------------------------------------------------------------------------ */

namespace detail {
/* An object of amaas.h in its class here. */
template <class C, class T> Result<C> wrap(Result<Owned<T>> asked)
{
    if (!asked)
        return asked.error();
    return C(std::move(*asked));
}

/* A text of amaas.h as a string of one's own. */
inline Result<std::string> text(Result<Owned<amaas_text>> asked)
{
    if (!asked)
        return asked.error();
    return std::string(amaas_text_data(asked->get()));
}
} // namespace detail

/* The bytes of a PNG, JPEG, WebP or BMP file, or pixels. */
class Image {
public:
    explicit Image(Owned<amaas_image> image) noexcept : image_(std::move(image)) {}

    /* Copies the bytes of a file. */
    static Result<Image> try_encoded(Span<const std::uint8_t> bytes)
    {
        return detail::wrap<Image>(try_ask(amaas_image_encoded, bytes.data(), bytes.size()));
    }
    static Result<Image> try_open(const char *path) { return detail::wrap<Image>(try_ask(amaas_image_open, path)); }
    /* Copies `height` rows of `width` pixels; how many of them there are says how many channels they have. */
    static Result<Image> try_pixels(Span<const std::uint8_t> pixels, std::size_t height, std::size_t width)
    {
        const std::size_t all = height * width;
        const bool whole = height && width && all / height == width && pixels.size() % all == 0;
        return detail::wrap<Image>(
            try_ask(amaas_image_pixels, pixels.data(), height, width, whole ? pixels.size() / all : 0));
    }

#if AMAAS_EXCEPTIONS
    static Image encoded(Span<const std::uint8_t> bytes) { return try_encoded(bytes).value(); }
    static Image open(const char *path) { return try_open(path).value(); }
    static Image pixels(Span<const std::uint8_t> pixels, std::size_t height, std::size_t width)
    {
        return try_pixels(pixels, height, width).value();
    }
#endif

    const amaas_image *get() const noexcept { return image_.get(); }

private:
    Owned<amaas_image> image_;
};

/* A recording, or a piece of one. */
class Audio {
public:
    explicit Audio(Owned<amaas_audio> audio) noexcept : audio_(std::move(audio)) {}

    /* Copies the bytes of a WAV, FLAC, MP3 or Ogg Vorbis file. */
    static Result<Audio> try_file(Span<const std::uint8_t> bytes)
    {
        const void *data = bytes.data();
        return detail::wrap<Audio>(try_ask(amaas_audio_file, data, bytes.size()));
    }
    static Result<Audio> try_open(const char *path) { return detail::wrap<Audio>(try_ask(amaas_audio_open, path)); }
    /* Copies samples from -1 to 1, frame by frame; what is no whole frame at the end is left out. */
    static Result<Audio> try_samples(Span<const float> samples, std::uint32_t sampling_rate, std::size_t channels = 1)
    {
        return detail::wrap<Audio>(try_ask(amaas_audio_samples, samples.data(), frames(samples.size(), channels),
                                           channels, sampling_rate));
    }
    /* The same of samples from -32768 to 32767. */
    static Result<Audio> try_integers(Span<const std::int16_t> samples, std::uint32_t sampling_rate,
                                      std::size_t channels = 1)
    {
        return detail::wrap<Audio>(try_ask(amaas_audio_integers, samples.data(), frames(samples.size(), channels),
                                           channels, sampling_rate));
    }

#if AMAAS_EXCEPTIONS
    static Audio file(Span<const std::uint8_t> bytes) { return try_file(bytes).value(); }
    static Audio open(const char *path) { return try_open(path).value(); }
    static Audio samples(Span<const float> samples, std::uint32_t sampling_rate, std::size_t channels = 1)
    {
        return try_samples(samples, sampling_rate, channels).value();
    }
    static Audio integers(Span<const std::int16_t> samples, std::uint32_t sampling_rate, std::size_t channels = 1)
    {
        return try_integers(samples, sampling_rate, channels).value();
    }
#endif

    const amaas_audio *get() const noexcept { return audio_.get(); }

private:
    static std::size_t frames(std::size_t count, std::size_t channels) noexcept { return channels ? count / channels : 0; }

    Owned<amaas_audio> audio_;
};

/* Images or recordings of one call, borrowed: one, `{one, two}`, or a vector of them. */
template <class T> class Several {
public:
    Several(const T &one) : pointers_{one.get()} {}
    Several(std::initializer_list<std::reference_wrapper<const T>> all)
    {
        for (const T &one : all)
            pointers_.push_back(one.get());
    }
    Several(const std::vector<T> &all)
    {
        for (const T &one : all)
            pointers_.push_back(one.get());
    }

    auto data() const noexcept { return pointers_.data(); }
    std::size_t size() const noexcept { return pointers_.size(); }

private:
    std::vector<decltype(std::declval<const T &>().get())> pointers_;
};

using Images = Several<Image>;
using Recordings = Several<Audio>;

/* --- Answers --------------------------------------------------------------------------------- */

namespace detail {
template <class T, amaas_status (*Read)(const T *, amaas_usage *, amaas_error **)>
amaas_usage usage(const T *answer) noexcept
{
    amaas_usage usage = {};
    usage.size = sizeof usage;
    Read(answer, &usage, nullptr); /* which fails for NULL alone */
    return usage;
}
} // namespace detail

/* Labels of texts, images or recordings, the likeliest first. */
class Classification {
public:
    explicit Classification(Owned<amaas_classification> answer) noexcept : answer_(std::move(answer)) {}

    std::size_t size() const noexcept { return amaas_classification_count(get()); }
    std::size_t label_count(std::size_t text = 0) const noexcept { return amaas_classification_label_count(get(), text); }
    std::string_view label(std::size_t text = 0, std::size_t rank = 0) const noexcept
    {
        return detail::view(amaas_classification_label(get(), text, rank));
    }
    double score(std::size_t text = 0, std::size_t rank = 0) const noexcept
    {
        return amaas_classification_score(get(), text, rank);
    }
    amaas_usage usage() const noexcept
    {
        return detail::usage<amaas_classification, amaas_classification_usage>(get());
    }
    const amaas_classification *get() const noexcept { return answer_.get(); }

private:
    Owned<amaas_classification> answer_;
};

/* Vectors of texts. */
class Embedding {
public:
    explicit Embedding(Owned<amaas_embedding> answer) noexcept : answer_(std::move(answer)) {}

    std::size_t size() const noexcept { return amaas_embedding_count(get()); }
    std::size_t dimensions() const noexcept { return amaas_embedding_dimensions(get()); }
    Span<const float> vector(std::size_t text) const noexcept
    {
        const float *numbers = amaas_embedding_vector(get(), text);
        return {numbers, numbers ? dimensions() : 0};
    }
    amaas_usage usage() const noexcept { return detail::usage<amaas_embedding, amaas_embedding_usage>(get()); }
    const amaas_embedding *get() const noexcept { return answer_.get(); }

private:
    Owned<amaas_embedding> answer_;
};

/* Named tensors that came out of a model. */
class Outputs {
public:
    explicit Outputs(Owned<amaas_outputs> answer) noexcept : answer_(std::move(answer)) {}

    std::size_t size() const noexcept { return amaas_outputs_count(get()); }
    std::string_view name(std::size_t index) const noexcept { return detail::view(amaas_outputs_name(get(), index)); }
    TensorView operator[](std::size_t index) const noexcept { return TensorView(amaas_outputs_tensor(get(), index)); }
    /* The output of this name; false where there is none. */
    TensorView find(const char *name) const noexcept { return TensorView(amaas_outputs_find(get(), name)); }
    amaas_usage usage() const noexcept { return detail::usage<amaas_outputs, amaas_outputs_usage>(get()); }
    const amaas_outputs *get() const noexcept { return answer_.get(); }

private:
    Owned<amaas_outputs> answer_;
};

/* Things on images, the surest first. */
class Detection {
public:
    explicit Detection(Owned<amaas_detection> answer) noexcept : answer_(std::move(answer)) {}

    std::size_t size() const noexcept { return amaas_detection_count(get()); }
    std::size_t box_count(std::size_t image = 0) const noexcept { return amaas_detection_box_count(get(), image); }
    std::string_view label(std::size_t image, std::size_t index) const noexcept
    {
        return detail::view(amaas_detection_label(get(), image, index));
    }
    double score(std::size_t image, std::size_t index) const noexcept { return amaas_detection_score(get(), image, index); }
    /* Left, top, right and bottom, in pixels. */
    std::array<double, 4> box(std::size_t image, std::size_t index) const noexcept
    {
        std::array<double, 4> edges = {};
        for (std::size_t edge = 0; edge < edges.size(); edge++)
            edges[edge] = amaas_detection_edge(get(), image, index, edge);
        return edges;
    }
    amaas_usage usage() const noexcept { return detail::usage<amaas_detection, amaas_detection_usage>(get()); }
    const amaas_detection *get() const noexcept { return answer_.get(); }

private:
    Owned<amaas_detection> answer_;
};

/* Lines of text on images, as one reads them. */
class Reading {
public:
    explicit Reading(Owned<amaas_reading> answer) noexcept : answer_(std::move(answer)) {}

    std::size_t size() const noexcept { return amaas_reading_count(get()); }
    std::size_t line_count(std::size_t image = 0) const noexcept { return amaas_reading_line_count(get(), image); }
    std::string_view text(std::size_t image, std::size_t line) const noexcept
    {
        return detail::view(amaas_reading_text(get(), image, line));
    }
    double score(std::size_t image, std::size_t line) const noexcept { return amaas_reading_score(get(), image, line); }
    /* Where a corner lies, in pixels: from the left, and from the top. */
    std::array<double, 2> corner(std::size_t image, std::size_t line, std::size_t corner) const noexcept
    {
        return {amaas_reading_corner(get(), image, line, corner, 0), amaas_reading_corner(get(), image, line, corner, 1)};
    }
    amaas_usage usage() const noexcept { return detail::usage<amaas_reading, amaas_reading_usage>(get()); }
    const amaas_reading *get() const noexcept { return answer_.get(); }

private:
    Owned<amaas_reading> answer_;
};

/* Speech in recordings, or in what a stream was fed with, which is one. */
class Speech {
public:
    explicit Speech(Owned<amaas_speech> answer) noexcept : answer_(std::move(answer)) {}

    std::size_t size() const noexcept { return amaas_speech_count(get()); }
    std::size_t stretch_count(std::size_t recording = 0) const noexcept
    {
        return amaas_speech_stretch_count(get(), recording);
    }
    /* In seconds. */
    double start(std::size_t recording, std::size_t index) const noexcept { return amaas_speech_start(get(), recording, index); }
    double end(std::size_t recording, std::size_t index) const noexcept { return amaas_speech_end(get(), recording, index); }
    double score(std::size_t recording, std::size_t index) const noexcept { return amaas_speech_score(get(), recording, index); }
    /* Of each window. */
    Span<const float> probabilities(std::size_t recording = 0) const noexcept
    {
        return {amaas_speech_probabilities(get(), recording), amaas_speech_window_count(get(), recording)};
    }
    bool is_going_on() const noexcept { return amaas_speech_is_going_on(get()); }
    amaas_usage usage() const noexcept { return detail::usage<amaas_speech, amaas_speech_usage>(get()); }
    const amaas_speech *get() const noexcept { return answer_.get(); }

private:
    Owned<amaas_speech> answer_;
};

/* Texts that were written after prompts. */
class Generation {
public:
    explicit Generation(Owned<amaas_generation> answer) noexcept : answer_(std::move(answer)) {}

    std::size_t size() const noexcept { return amaas_generation_count(get()); }
    std::string_view text(std::size_t prompt = 0) const noexcept
    {
        return detail::view(amaas_generation_text(get(), prompt));
    }
    /* One of `AMAAS_FINISH_…`. */
    amaas_finish finish(std::size_t prompt = 0) const noexcept { return amaas_generation_finish(get(), prompt); }
    std::size_t truncated(std::size_t prompt = 0) const noexcept { return amaas_generation_truncated(get(), prompt); }
    amaas_usage usage() const noexcept { return detail::usage<amaas_generation, amaas_generation_usage>(get()); }
    const amaas_generation *get() const noexcept { return answer_.get(); }

private:
    Owned<amaas_generation> answer_;
};

/* Takes a piece of a text as it is written, no character split; false gives the rest up. It runs on the
 * thread that called, and what it throws comes out of the call. */
using Pieces = std::function<bool(std::string_view)>;

namespace detail {
/* A function of pieces, and what it threw. */
struct Heard {
    const Pieces &pieces;
    std::exception_ptr thrown = {};
};

inline std::int32_t heard(const char *piece, std::size_t length, void *data) noexcept
{
    auto &heard = *static_cast<Heard *>(data);
#if AMAAS_EXCEPTIONS
    try {
        return heard.pieces(std::string_view(piece, length)) ? 0 : 1;
    } catch (...) {
        heard.thrown = std::current_exception();
        return 1;
    }
#else
    return heard.pieces(std::string_view(piece, length)) ? 0 : 1;
#endif
}

/* Calls a function that takes a callback before its answer. */
template <class F, class... A> Result<Generation> follow(const Pieces &pieces, F function, A... arguments)
{
    Heard heard{pieces};
    auto answer = wrap<Generation>(try_ask(function, arguments..., detail::heard, static_cast<void *>(&heard)));
#if AMAAS_EXCEPTIONS
    if (heard.thrown)
        std::rethrow_exception(heard.thrown);
#endif
    return answer;
}

/* The object of amaas.h behind an answer, and the function that takes it from a ticket. */
template <class T> struct Taken;
template <> struct Taken<Classification> {
    static constexpr auto take = amaas_ticket_classification;
};
template <> struct Taken<Embedding> {
    static constexpr auto take = amaas_ticket_embedding;
};
template <> struct Taken<Outputs> {
    static constexpr auto take = amaas_ticket_outputs;
};
template <> struct Taken<Detection> {
    static constexpr auto take = amaas_ticket_detection;
};
template <> struct Taken<Reading> {
    static constexpr auto take = amaas_ticket_reading;
};
template <> struct Taken<Speech> {
    static constexpr auto take = amaas_ticket_speech;
};
template <> struct Taken<Generation> {
    static constexpr auto take = amaas_ticket_generation;
};

inline void called(void *data) noexcept
{
    std::unique_ptr<std::function<void()>> work(static_cast<std::function<void()> *>(data));
    (*work)();
}
} // namespace detail

/* --- Tickets --------------------------------------------------------------------------------- */

/* A request under way that no thread waits for; ended before it is done it is cancelled. */
template <class T> class Ticket {
public:
    explicit Ticket(Owned<amaas_ticket> ticket) noexcept : ticket_(std::move(ticket)) {}

    bool is_done() const noexcept { return amaas_ticket_is_done(get()); }
    void cancel() const noexcept { amaas_ticket_cancel(get()); }

    /* Waits for so long at most; whether it is done. */
    template <class R, class P> bool wait_for(std::chrono::duration<R, P> time) const
    {
        const auto count = std::chrono::ceil<std::chrono::milliseconds>(time).count();
        bool done = false;
        amaas_ticket_wait(get(), count > 0 ? static_cast<std::uint64_t>(count) : 0, &done, nullptr);
        return done;
    }

    /* Waits, and takes the answer; once. */
    Result<T> try_take() { return detail::wrap<T>(try_ask(detail::Taken<T>::take, get())); }

    /* Has `work` called once when it is done, also when it is cancelled; now if it is. It runs on a
     * thread of amaas, so it should be short, and must not throw. */
    Result<void> try_on_done(std::function<void()> work)
    {
        auto data = std::make_unique<std::function<void()>>(std::move(work));
        auto told = try_tell(amaas_ticket_on_done, get(), detail::called, static_cast<void *>(data.get()));
        if (told)
            data.release(); /* which is ended by the call */
        return told;
    }

#if AMAAS_EXCEPTIONS
    T take() { return try_take().value(); }
    void on_done(std::function<void()> work) { try_on_done(std::move(work)).value(); }

    /* The same request as a future, which cannot cancel it. */
    std::future<T> future() &&
    {
        auto promise = std::make_shared<std::promise<T>>();
        auto ticket = std::make_shared<Ticket>(std::move(*this));
        std::future<T> future = promise->get_future();
        ticket->on_done([promise, ticket] {
            auto answer = ticket->try_take();
            if (answer)
                promise->set_value(std::move(*answer));
            else
                promise->set_exception(std::make_exception_ptr(answer.error()));
        });
        return future;
    }
#endif

    amaas_ticket *get() const noexcept { return ticket_.get(); }

private:
    Owned<amaas_ticket> ticket_;
};

/* --- Streams --------------------------------------------------------------------------------- */

/* Calls that follow each other, each with the state that the one before left. */
class Stream {
public:
    explicit Stream(Owned<amaas_stream> stream) noexcept : stream_(std::move(stream)) {}

    /* The outputs named; all where none is. */
    Result<Outputs> try_run(const Inputs &inputs, Span<const char *const> outputs = {}, const Call *call = nullptr) const
    {
        return detail::wrap<Outputs>(try_ask(amaas_stream_run, get(), inputs.names(), inputs.tensors(), inputs.size(),
                                             outputs.data(), outputs.size(), detail::pointer(call)));
    }
    Result<Speech> try_feed(const Audio &piece, const Call *call = nullptr) const
    {
        return detail::wrap<Speech>(try_ask(amaas_stream_feed, get(), piece.get(), detail::pointer(call)));
    }
    Result<Speech> try_finish(const Call *call = nullptr) const
    {
        return detail::wrap<Speech>(try_ask(amaas_stream_finish, get(), detail::pointer(call)));
    }

    Result<Ticket<Outputs>> try_submit(const Inputs &inputs, Span<const char *const> outputs = {},
                                       const Call *call = nullptr) const
    {
        return detail::wrap<Ticket<Outputs>>(try_ask(amaas_stream_submit, get(), inputs.names(), inputs.tensors(),
                                                     inputs.size(), outputs.data(), outputs.size(), detail::pointer(call)));
    }
    Result<Ticket<Speech>> try_submit_feed(const Audio &piece, const Call *call = nullptr) const
    {
        return detail::wrap<Ticket<Speech>>(try_ask(amaas_stream_submit_feed, get(), piece.get(), detail::pointer(call)));
    }
    Result<Ticket<Speech>> try_submit_finish(const Call *call = nullptr) const
    {
        return detail::wrap<Ticket<Speech>>(try_ask(amaas_stream_submit_finish, get(), detail::pointer(call)));
    }

    /* Goes on with the version that the route serves now; whether that is another one. */
    Result<bool> try_update() const
    {
        bool changed = false;
        auto told = try_tell(amaas_stream_update, get(), &changed);
        if (!told)
            return told.error();
        return changed;
    }
    Result<void> try_reset() const { return try_tell(amaas_stream_reset, get()); }
    /* Another stream that goes on from where this one is. */
    Result<Stream> try_fork() const { return detail::wrap<Stream>(try_ask(amaas_stream_fork, get())); }
    Result<std::string> try_version() const { return detail::text(try_ask(amaas_stream_version, get())); }

#if AMAAS_EXCEPTIONS
    Outputs run(const Inputs &inputs, Span<const char *const> outputs = {}, const Call *call = nullptr) const
    {
        return try_run(inputs, outputs, call).value();
    }
    Speech feed(const Audio &piece, const Call *call = nullptr) const { return try_feed(piece, call).value(); }
    Speech finish(const Call *call = nullptr) const { return try_finish(call).value(); }
    Ticket<Outputs> submit(const Inputs &inputs, Span<const char *const> outputs = {}, const Call *call = nullptr) const
    {
        return try_submit(inputs, outputs, call).value();
    }
    Ticket<Speech> submit_feed(const Audio &piece, const Call *call = nullptr) const
    {
        return try_submit_feed(piece, call).value();
    }
    Ticket<Speech> submit_finish(const Call *call = nullptr) const { return try_submit_finish(call).value(); }
    bool update() const { return try_update().value(); }
    void reset() const { try_reset().value(); }
    Stream fork() const { return try_fork().value(); }
    std::string version() const { return try_version().value(); }
#endif

    const amaas_stream *get() const noexcept { return stream_.get(); }

private:
    Owned<amaas_stream> stream_;
};

/* Streams and their next pieces of sound: `{{one, first}, {two, second}}`. They are borrowed. */
class Feeds {
public:
    Feeds(std::initializer_list<std::pair<std::reference_wrapper<const Stream>, std::reference_wrapper<const Audio>>> feeds)
    {
        for (const auto &[stream, piece] : feeds)
            add(stream, piece);
    }

    void add(const Stream &stream, const Audio &piece)
    {
        streams_.push_back(stream.get());
        pieces_.push_back(piece.get());
    }

    const amaas_stream *const *streams() const noexcept { return streams_.data(); }
    const amaas_audio *const *pieces() const noexcept { return pieces_.data(); }
    std::size_t size() const noexcept { return streams_.size(); }

private:
    std::vector<const amaas_stream *> streams_;
    std::vector<const amaas_audio *> pieces_;
};

/* Takes the next piece of each stream in, all in one call; what is heard in each, in their order. */
inline Result<std::vector<Speech>> try_feed_together(const Feeds &feeds, const Call *call = nullptr)
{
    std::vector<amaas_speech *> heard(feeds.size());
    std::vector<Speech> answers;
    answers.reserve(feeds.size());
    amaas_speech *nothing = nullptr;
    auto told = try_tell(amaas_streams_feed, feeds.streams(), feeds.pieces(), feeds.size(), detail::pointer(call),
                         heard.empty() ? &nothing : heard.data());
    if (!told)
        return told.error();
    for (amaas_speech *one : heard)
        answers.emplace_back(Owned<amaas_speech>(one));
    return answers;
}

#if AMAAS_EXCEPTIONS
inline std::vector<Speech> feed_together(const Feeds &feeds, const Call *call = nullptr)
{
    return try_feed_together(feeds, call).value();
}
#endif

/* --- Routes and services --------------------------------------------------------------------- */

/* Follows a reference and answers requests, from any number of threads. */
class Route {
public:
    explicit Route(Owned<amaas_route> route) noexcept : route_(std::move(route)) {}

    std::string_view reference() const noexcept { return detail::view(amaas_route_reference(get())); }

    Result<Classification> try_classify(const Texts &texts, const ClassifyOptions *options = nullptr) const
    {
        return detail::wrap<Classification>(try_ask(amaas_route_classify, get(), texts.data(), texts.lengths(),
                                                    texts.size(), detail::pointer(options)));
    }
    Result<Embedding> try_embed(const Texts &texts, const EmbedOptions *options = nullptr) const
    {
        return detail::wrap<Embedding>(try_ask(amaas_route_embed, get(), texts.data(), texts.lengths(),
                                               texts.size(), detail::pointer(options)));
    }
    /* The outputs named; all where none is. */
    Result<Outputs> try_run(const Inputs &inputs, Span<const char *const> outputs = {}, const Call *call = nullptr) const
    {
        return detail::wrap<Outputs>(try_ask(amaas_route_run_with, get(), inputs.names(), inputs.tensors(),
                                             inputs.size(), outputs.data(), outputs.size(), detail::pointer(call)));
    }
    Result<Classification> try_classify_images(const Images &images, const ImageOptions *options = nullptr) const
    {
        return detail::wrap<Classification>(
            try_ask(amaas_route_classify_images, get(), images.data(), images.size(), detail::pointer(options)));
    }
    Result<Detection> try_detect(const Images &images, const ImageOptions *options = nullptr) const
    {
        return detail::wrap<Detection>(
            try_ask(amaas_route_detect, get(), images.data(), images.size(), detail::pointer(options)));
    }
    Result<Reading> try_read_images(const Images &images, const ImageOptions *options = nullptr) const
    {
        return detail::wrap<Reading>(
            try_ask(amaas_route_read_images, get(), images.data(), images.size(), detail::pointer(options)));
    }
    Result<Classification> try_classify_audio(const Recordings &audio, const ClassifyOptions *options = nullptr) const
    {
        return detail::wrap<Classification>(
            try_ask(amaas_route_classify_audio, get(), audio.data(), audio.size(), detail::pointer(options)));
    }
    Result<Speech> try_detect_speech(const Recordings &audio, const DetectSpeechOptions *options = nullptr) const
    {
        return detail::wrap<Speech>(
            try_ask(amaas_route_detect_speech, get(), audio.data(), audio.size(), detail::pointer(options)));
    }
    Result<Generation> try_generate(const Texts &prompts, const GenerateOptions *options = nullptr) const
    {
        return detail::wrap<Generation>(
            try_ask(amaas_route_generate, get(), prompts.data(), prompts.lengths(), prompts.size(), detail::pointer(options)));
    }
    /* The answer to a chat: `messages` and `tools`, which may be null, are JSON. */
    Result<Generation> try_chat(const char *messages, const char *tools = nullptr,
                                const GenerateOptions *options = nullptr) const
    {
        return detail::wrap<Generation>(try_ask(amaas_route_chat, get(), messages, tools, detail::pointer(options)));
    }
    Result<std::string> try_chat_prompt(const char *messages, const char *tools = nullptr) const
    {
        return detail::text(try_ask(amaas_route_chat_prompt, get(), messages, tools));
    }
    /* Hands each piece to `pieces`; the whole at the end. */
    Result<Generation> try_stream_generate(std::string_view prompt, const Pieces &pieces,
                                           const GenerateOptions *options = nullptr) const
    {
        return detail::follow(pieces, amaas_route_stream_generate, get(), prompt.data(), prompt.size(),
                              detail::pointer(options));
    }
    Result<Generation> try_stream_chat(const char *messages, const Pieces &pieces, const char *tools = nullptr,
                                       const GenerateOptions *options = nullptr) const
    {
        return detail::follow(pieces, amaas_route_stream_chat, get(), messages, tools, detail::pointer(options));
    }
    /* A stream; with `follow` it goes on with the versions that the route moves to. */
    Result<Stream> try_stream(bool follow = false) const
    {
        return detail::wrap<Stream>(try_ask(amaas_route_stream, get(), follow ? 1 : 0));
    }
    Result<Stream> try_listen(const DetectSpeechOptions *options = nullptr, bool follow = false) const
    {
        return detail::wrap<Stream>(try_ask(amaas_route_listen, get(), detail::pointer(options), follow ? 1 : 0));
    }

    Result<Ticket<Classification>> try_submit_classify(const Texts &texts, const ClassifyOptions *options = nullptr) const
    {
        return detail::wrap<Ticket<Classification>>(try_ask(
            amaas_route_submit_classify, get(), texts.data(), texts.lengths(), texts.size(), detail::pointer(options)));
    }
    Result<Ticket<Embedding>> try_submit_embed(const Texts &texts, const EmbedOptions *options = nullptr) const
    {
        return detail::wrap<Ticket<Embedding>>(try_ask(amaas_route_submit_embed, get(), texts.data(),
                                                       texts.lengths(), texts.size(), detail::pointer(options)));
    }
    Result<Ticket<Outputs>> try_submit(const Inputs &inputs, Span<const char *const> outputs = {},
                                       const Call *call = nullptr) const
    {
        return detail::wrap<Ticket<Outputs>>(try_ask(amaas_route_submit, get(), inputs.names(), inputs.tensors(),
                                                     inputs.size(), outputs.data(), outputs.size(), detail::pointer(call)));
    }
    Result<Ticket<Classification>> try_submit_classify_images(const Images &images, const ImageOptions *options = nullptr) const
    {
        return detail::wrap<Ticket<Classification>>(
            try_ask(amaas_route_submit_classify_images, get(), images.data(), images.size(), detail::pointer(options)));
    }
    Result<Ticket<Detection>> try_submit_detect(const Images &images, const ImageOptions *options = nullptr) const
    {
        return detail::wrap<Ticket<Detection>>(
            try_ask(amaas_route_submit_detect, get(), images.data(), images.size(), detail::pointer(options)));
    }
    Result<Ticket<Reading>> try_submit_read_images(const Images &images, const ImageOptions *options = nullptr) const
    {
        return detail::wrap<Ticket<Reading>>(
            try_ask(amaas_route_submit_read_images, get(), images.data(), images.size(), detail::pointer(options)));
    }
    Result<Ticket<Classification>> try_submit_classify_audio(const Recordings &audio, const ClassifyOptions *options = nullptr) const
    {
        return detail::wrap<Ticket<Classification>>(
            try_ask(amaas_route_submit_classify_audio, get(), audio.data(), audio.size(), detail::pointer(options)));
    }
    Result<Ticket<Speech>> try_submit_detect_speech(const Recordings &audio, const DetectSpeechOptions *options = nullptr) const
    {
        return detail::wrap<Ticket<Speech>>(
            try_ask(amaas_route_submit_detect_speech, get(), audio.data(), audio.size(), detail::pointer(options)));
    }
    Result<Ticket<Generation>> try_submit_generate(const Texts &prompts, const GenerateOptions *options = nullptr) const
    {
        return detail::wrap<Ticket<Generation>>(
            try_ask(amaas_route_submit_generate, get(), prompts.data(), prompts.lengths(), prompts.size(), detail::pointer(options)));
    }
    Result<Ticket<Generation>> try_submit_chat(const char *messages, const char *tools = nullptr,
                                               const GenerateOptions *options = nullptr) const
    {
        return detail::wrap<Ticket<Generation>>(
            try_ask(amaas_route_submit_chat, get(), messages, tools, detail::pointer(options)));
    }

    /* Moves to what the reference selects now; whether that is another version. */
    Result<bool> try_update() const
    {
        bool changed = false;
        auto told = try_tell(amaas_route_update, get(), &changed);
        if (!told)
            return told.error();
        return changed;
    }

    /* The version that the route serves now. */
    Result<Owned<amaas_model_info>> try_info() const { return try_ask(amaas_route_info, constant()); }
    /* A second handle to the same route, for another owner. */
    Result<Route> try_clone() const { return detail::wrap<Route>(try_ask(amaas_route_clone, constant())); }

    /* The sums over all requests. */
    amaas_totals totals() const noexcept
    {
        amaas_totals totals = {};
        totals.size = sizeof totals;
        amaas_route_totals(get(), &totals, nullptr); /* which fails for NULL alone */
        return totals;
    }

#if AMAAS_EXCEPTIONS
    Classification classify(const Texts &texts, const ClassifyOptions *options = nullptr) const
    {
        return try_classify(texts, options).value();
    }
    Embedding embed(const Texts &texts, const EmbedOptions *options = nullptr) const
    {
        return try_embed(texts, options).value();
    }
    Outputs run(const Inputs &inputs, Span<const char *const> outputs = {}, const Call *call = nullptr) const
    {
        return try_run(inputs, outputs, call).value();
    }
    Classification classify_images(const Images &images, const ImageOptions *options = nullptr) const
    {
        return try_classify_images(images, options).value();
    }
    Detection detect(const Images &images, const ImageOptions *options = nullptr) const
    {
        return try_detect(images, options).value();
    }
    Reading read_images(const Images &images, const ImageOptions *options = nullptr) const
    {
        return try_read_images(images, options).value();
    }
    Classification classify_audio(const Recordings &audio, const ClassifyOptions *options = nullptr) const
    {
        return try_classify_audio(audio, options).value();
    }
    Speech detect_speech(const Recordings &audio, const DetectSpeechOptions *options = nullptr) const
    {
        return try_detect_speech(audio, options).value();
    }
    Generation generate(const Texts &prompts, const GenerateOptions *options = nullptr) const
    {
        return try_generate(prompts, options).value();
    }
    Generation chat(const char *messages, const char *tools = nullptr, const GenerateOptions *options = nullptr) const
    {
        return try_chat(messages, tools, options).value();
    }
    std::string chat_prompt(const char *messages, const char *tools = nullptr) const
    {
        return try_chat_prompt(messages, tools).value();
    }
    Generation stream_generate(std::string_view prompt, const Pieces &pieces, const GenerateOptions *options = nullptr) const
    {
        return try_stream_generate(prompt, pieces, options).value();
    }
    Generation stream_chat(const char *messages, const Pieces &pieces, const char *tools = nullptr,
                           const GenerateOptions *options = nullptr) const
    {
        return try_stream_chat(messages, pieces, tools, options).value();
    }
    Stream stream(bool follow = false) const { return try_stream(follow).value(); }
    Stream listen(const DetectSpeechOptions *options = nullptr, bool follow = false) const
    {
        return try_listen(options, follow).value();
    }
    Ticket<Classification> submit_classify(const Texts &texts, const ClassifyOptions *options = nullptr) const
    {
        return try_submit_classify(texts, options).value();
    }
    Ticket<Embedding> submit_embed(const Texts &texts, const EmbedOptions *options = nullptr) const
    {
        return try_submit_embed(texts, options).value();
    }
    Ticket<Outputs> submit(const Inputs &inputs, Span<const char *const> outputs = {}, const Call *call = nullptr) const
    {
        return try_submit(inputs, outputs, call).value();
    }
    Ticket<Classification> submit_classify_images(const Images &images, const ImageOptions *options = nullptr) const
    {
        return try_submit_classify_images(images, options).value();
    }
    Ticket<Detection> submit_detect(const Images &images, const ImageOptions *options = nullptr) const
    {
        return try_submit_detect(images, options).value();
    }
    Ticket<Reading> submit_read_images(const Images &images, const ImageOptions *options = nullptr) const
    {
        return try_submit_read_images(images, options).value();
    }
    Ticket<Classification> submit_classify_audio(const Recordings &audio, const ClassifyOptions *options = nullptr) const
    {
        return try_submit_classify_audio(audio, options).value();
    }
    Ticket<Speech> submit_detect_speech(const Recordings &audio, const DetectSpeechOptions *options = nullptr) const
    {
        return try_submit_detect_speech(audio, options).value();
    }
    Ticket<Generation> submit_generate(const Texts &prompts, const GenerateOptions *options = nullptr) const
    {
        return try_submit_generate(prompts, options).value();
    }
    Ticket<Generation> submit_chat(const char *messages, const char *tools = nullptr,
                                   const GenerateOptions *options = nullptr) const
    {
        return try_submit_chat(messages, tools, options).value();
    }
    bool update() const { return try_update().value(); }
    Owned<amaas_model_info> info() const { return try_info().value(); }
    Route clone() const { return try_clone().value(); }
#endif

    amaas_route *get() const noexcept { return route_.get(); }

private:
    const amaas_route *constant() const noexcept { return route_.get(); }

    Owned<amaas_route> route_;
};

/* Owns the runtime, the registry and the loaded versions. */
class Service {
public:
    explicit Service(Owned<amaas_service> service) noexcept : service_(std::move(service)) {}

    static Result<Service> make(const ServiceOptions *options = nullptr)
    {
        return detail::wrap<Service>(try_ask(amaas_service_new, detail::pointer(options)));
    }

    Result<Route> try_load(const char *reference) const
    {
        return detail::wrap<Route>(try_ask(amaas_service_load, get(), reference));
    }
    Result<Route> try_load(const char *reference, const ServiceOptions &options) const
    {
        return detail::wrap<Route>(try_ask(amaas_service_load_with, get(), reference, options.get()));
    }

#if AMAAS_EXCEPTIONS
    Service() : service_(ask(amaas_service_new, nullptr)) {}
    explicit Service(const ServiceOptions &options) : service_(ask(amaas_service_new, options.get())) {}

    Route load(const char *reference) const { return try_load(reference).value(); }
    Route load(const char *reference, const ServiceOptions &options) const
    {
        return try_load(reference, options).value();
    }
#endif

    amaas_service *get() const noexcept { return service_.get(); }

private:
    Owned<amaas_service> service_;
};

} // namespace amaas

#undef AMAAS_EXCEPTIONS
#endif
