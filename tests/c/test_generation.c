/* Generation: texts, chats, pieces by callback, tickets, options and what is refused. The decoder knows
 * three texts; see tests/fixtures/make_writer.py. */
#include "check.h"

#include <math.h>

static const char *const COUNT = " two three four five six seven.";
static const char *const SEA = " das Meer ist groß, 海は青い 🙂.";
static const char *const HELLO = "[{\"role\": \"user\", \"content\": \"hello\"}]";
static const char *const TOOLS = "[{\"type\": \"function\", \"function\": {\"name\": \"clock\"}}]";

static amaas_service *service;
static amaas_route *writer;

/* The one text that is written after `prompt` as `options` say. */
static void writes(const char *prompt, const amaas_generate_options *options, const char *text, amaas_finish finish)
{
    amaas_error *error = NULL;
    amaas_generation *answer = NULL;
    OK(amaas_route_generate(writer, &prompt, NULL, 1, options, &answer, &error));
    SAME(amaas_generation_text(answer, 0), text);
    CHECK(amaas_generation_count(answer) == 1 && amaas_generation_finish(answer, 0) == finish);
    amaas_generation_free(answer);
}

static void generates(void)
{
    amaas_error *error = NULL;
    amaas_generation *answer = NULL;
    amaas_usage usage = {.size = sizeof usage};
    const char *const prompts[] = {"count: one", "sea:, and more that is not read"};
    const size_t lengths[] = {10, 4};
    OK(amaas_route_generate(writer, prompts, lengths, 2, NULL, &answer, &error));
    CHECK(amaas_generation_count(answer) == 2);
    SAME(amaas_generation_text(answer, 0), COUNT);
    SAME(amaas_generation_text(answer, 1), SEA);
    CHECK(amaas_generation_finish(answer, 1) == AMAAS_FINISH_STOP && amaas_generation_truncated(answer, 1) == 0);
    CHECK(amaas_generation_text(answer, 2) == NULL && amaas_generation_finish(answer, 2) == -1);
    OK(amaas_generation_usage(answer, &usage, &error));
    CHECK(usage.rows == 2 && usage.tokens >= 14);
    INVALID(amaas_generation_usage(NULL, &usage, &error), "`generation` is NULL");
    INVALID(amaas_generation_usage(answer, NULL, &error), "`usage` is NULL");
    amaas_generation_free(answer);
    CHECK(amaas_generation_count(NULL) == 0 && amaas_generation_text(NULL, 0) == NULL);
    CHECK(amaas_generation_finish(NULL, 0) == -1 && amaas_generation_truncated(NULL, 0) == 0);
    amaas_generation_free(NULL);
    OK(amaas_route_generate(writer, NULL, NULL, 0, NULL, &answer, &error));
    CHECK(amaas_generation_count(answer) == 0);
    amaas_generation_free(answer);
}

static amaas_generate_options *options(void)
{
    amaas_error *error = NULL;
    amaas_generate_options *made = NULL;
    OK(amaas_generate_options_new(&made, &error));
    return made;
}

static void options_are_obeyed(void)
{
    amaas_error *error = NULL;
    amaas_generation *answer = NULL;
    amaas_generate_options *given = options();
    const char *prompt = "count:";
    OK(amaas_generate_options_set_max_new_tokens(given, 4, &error));
    writes("count: one", given, " two", AMAAS_FINISH_LENGTH);
    amaas_generate_options_free(given);
    given = options();
    OK(amaas_generate_options_add_stop(given, " four", &error));
    writes("count: one", given, " two three", AMAAS_FINISH_STOP);
    amaas_generate_options_free(given);
    given = options();
    OK(amaas_generate_options_set_do_sample(given, 1, &error));
    OK(amaas_generate_options_set_temperature(given, 0.9f, &error));
    OK(amaas_generate_options_set_top_k(given, 1, &error));
    OK(amaas_generate_options_set_top_p(given, 1, &error));
    OK(amaas_generate_options_set_min_p(given, 0, &error));
    OK(amaas_generate_options_set_seed(given, UINT64_MAX, &error));
    OK(amaas_generate_options_set_repetition_penalty(given, 1, &error));
    OK(amaas_generate_options_set_no_repeat_ngram_size(given, 0, &error));
    OK(amaas_generate_options_set_prompt_lookup_num_tokens(given, 64, &error));
    OK(amaas_generate_options_set_overflow(given, AMAAS_OVERFLOW_ERROR, &error));
    writes("count: one", given, COUNT, AMAAS_FINISH_STOP);
    amaas_generate_options_free(given);
    given = options();
    OK(amaas_generate_options_set_num_beams(given, 3, &error));
    OK(amaas_generate_options_set_length_penalty(given, 1, &error));
    writes("count: one", given, COUNT, AMAAS_FINISH_STOP);
    amaas_generate_options_free(given);
    given = options();
    OK(amaas_generate_options_set_schema(given, "{\"type\": \"integer\", \"minimum\": 0, \"maximum\": 9}", &error));
    OK(amaas_route_generate(writer, &prompt, NULL, 1, given, &answer, &error));
    CHECK(strspn(amaas_generation_text(answer, 0), "0123456789") == 1 && amaas_generation_text(answer, 0)[1] == '\0');
    amaas_generation_free(answer);
    amaas_generate_options_free(given);
    amaas_generate_options_free(NULL);
}

/* Refused when it is set or when it is used, and nothing is written. */
static void refused_with(amaas_generate_options *given, amaas_status status)
{
    amaas_error *error = NULL;
    amaas_generation *answer = NULL;
    const char *prompt = "count:";
    CHECK(amaas_route_generate(writer, &prompt, NULL, 1, given, &answer, &error) == status && answer == NULL);
    CHECK(error != NULL && strlen(amaas_error_remedy(error)) > 0);
    amaas_error_free(error);
    amaas_generate_options_free(given);
}

static void hostile_options_are_refused(void)
{
    amaas_error *error = NULL;
    amaas_generate_options *given = options();
    INVALID(amaas_generate_options_set_do_sample(given, 2, &error), "`do_sample` is `2`");
    INVALID(amaas_generate_options_set_overflow(given, 99, &error), "`overflow`");
    INVALID(amaas_generate_options_add_stop(given, NULL, &error), "`stop` is NULL");
    INVALID(amaas_generate_options_set_top_k(NULL, 1, &error), "`options` is NULL");
    OK(amaas_generate_options_set_temperature(given, (float)NAN, &error));
    refused_with(given, AMAAS_STATUS_INVALID_ARGUMENT);
    given = options();
    OK(amaas_generate_options_set_do_sample(given, 1, &error));
    OK(amaas_generate_options_set_top_p(given, 2, &error));
    refused_with(given, AMAAS_STATUS_INVALID_ARGUMENT);
    given = options();
    INVALID(amaas_generate_options_set_prompt_lookup_num_tokens(NULL, 1, &error), "`options` is NULL");
    OK(amaas_generate_options_set_prompt_lookup_num_tokens(given, SIZE_MAX, &error));
    refused_with(given, AMAAS_STATUS_INVALID_ARGUMENT);
    given = options();
    OK(amaas_generate_options_set_num_beams(given, SIZE_MAX, &error));
    refused_with(given, AMAAS_STATUS_INVALID_ARGUMENT);
    given = options();
    OK(amaas_generate_options_set_schema(given, "{\"type\": \"nothing\"}", &error));
    refused_with(given, AMAAS_STATUS_INVALID_ARGUMENT);
}

static void hostile_prompts_are_refused(void)
{
    amaas_error *error = NULL;
    amaas_generation *answer = NULL;
    amaas_route *other = NULL;
    char longer[200];
    const char *prompt = longer, *empty = "", *broken = "\xff";
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    REFUSED(amaas_route_generate(writer, &prompt, NULL, 1, NULL, &answer, &error), AMAAS_STATUS_INPUT_TOO_LONG, "");
    INVALID(amaas_route_generate(writer, &empty, NULL, 1, NULL, &answer, &error), "");
    INVALID(amaas_route_generate(writer, &broken, NULL, 1, NULL, &answer, &error), "`prompts[0]` is not UTF-8");
    INVALID(amaas_route_generate(writer, &prompt, NULL, SIZE_MAX, NULL, &answer, &error), "`prompts`");
    OK(amaas_service_load(service, "models/sentiment/1.0.0", &other, &error));
    prompt = "count:";
    REFUSED(amaas_route_generate(other, &prompt, NULL, 1, NULL, &answer, &error), AMAAS_STATUS_UNSUPPORTED,
            "text-generation");
    REFUSED(amaas_route_chat(other, HELLO, NULL, NULL, &answer, &error), AMAAS_STATUS_UNSUPPORTED, "text-generation");
    CHECK(answer == NULL);
    amaas_route_free(other);
    writes("count: one", NULL, COUNT, AMAAS_FINISH_STOP); /* and nothing is the worse for it */
}

static void chats(void)
{
    amaas_error *error = NULL;
    amaas_generation *answer = NULL;
    amaas_text *prompt = NULL;
    OK(amaas_route_chat_prompt(writer, HELLO, NULL, &prompt, &error));
    SAME(amaas_text_data(prompt), "<|user|>hello<|assistant|>");
    amaas_text_free(prompt);
    OK(amaas_route_chat_prompt(writer, HELLO, TOOLS, &prompt, &error));
    SAME(amaas_text_data(prompt), "<|user|>hello[clock]<|assistant|>");
    amaas_text_free(prompt);
    prompt = NULL;
    OK(amaas_route_chat(writer, HELLO, NULL, NULL, &answer, &error));
    SAME(amaas_generation_text(answer, 0), "Hello to you.");
    amaas_generation_free(answer);
    answer = NULL;
    INVALID(amaas_route_chat(writer, "hello", NULL, NULL, &answer, &error), "the messages are no JSON list");
    INVALID(amaas_route_chat_prompt(writer, HELLO, "{}", &prompt, &error), "the tools are no JSON list");
    INVALID(amaas_route_chat_prompt(writer, NULL, NULL, &prompt, &error), "`messages` is NULL");
    INVALID(amaas_route_chat_prompt(writer, "\xff", NULL, &prompt, &error), "`messages` is not UTF-8");
    CHECK(answer == NULL && prompt == NULL);
}

/* What a callback was given. */
struct heard {
    char text[256];
    int pieces, most;
};

static int32_t hears(const char *piece, size_t length, void *data)
{
    struct heard *heard = data;
    size_t before = strlen(heard->text);
    CHECK(length > 0 && (piece[0] & 0xC0) != 0x80); /* no character is split */
    CHECK(before + length < sizeof heard->text);
    memcpy(heard->text + before, piece, length);
    return ++heard->pieces == heard->most;
}

static void streams(void)
{
    amaas_error *error = NULL;
    amaas_generation *answer = NULL;
    struct heard sea = {"", 0, 0}, hello = {"", 0, 0}, little = {"", 0, 2};
    OK(amaas_route_stream_generate(writer, "sea:", 4, NULL, hears, &sea, &answer, &error));
    SAME(sea.text, SEA);
    SAME(amaas_generation_text(answer, 0), SEA);
    CHECK(sea.pieces > 10);
    amaas_generation_free(answer);
    OK(amaas_route_stream_chat(writer, HELLO, NULL, NULL, hears, &hello, &answer, &error));
    SAME(hello.text, "Hello to you.");
    amaas_generation_free(answer);
    answer = NULL;
    INVALID(amaas_route_stream_generate(writer, "sea:", 4, NULL, NULL, NULL, &answer, &error), "`callback` is NULL");
    INVALID(amaas_route_stream_chat(writer, "[", NULL, NULL, hears, NULL, &answer, &error), "JSON");
    /* Given up; the writing may have been faster. */
    amaas_status status = amaas_route_stream_generate(writer, "sea:", 4, NULL, hears, &little, &answer, &error);
    CHECK(status == AMAAS_STATUS_CANCELLED || status == AMAAS_STATUS_OK);
    CHECK(little.pieces == 2 && strncmp(SEA, little.text, strlen(little.text)) == 0);
    amaas_generation_free(answer);
    amaas_error_free(error);
}

static void a_stop_ends_a_text(void)
{
    amaas_error *error = NULL;
    amaas_generation *answer = NULL;
    amaas_generate_options *given = options();
    amaas_call *call = NULL;
    amaas_stop *stop = NULL;
    const char *prompt = "count:";
    OK(amaas_stop_new(&stop, &error));
    OK(amaas_call_new(&call, &error));
    OK(amaas_call_set_stop(call, stop, &error));
    OK(amaas_generate_options_set_call(given, call, &error));
    amaas_stop_raise(stop);
    REFUSED(amaas_route_generate(writer, &prompt, NULL, 1, given, &answer, &error), AMAAS_STATUS_CANCELLED, "");
    amaas_generate_options_free(given);
    amaas_call_free(call);
    amaas_stop_free(stop);
}

static void nobody_waits(void)
{
    amaas_error *error = NULL;
    amaas_ticket *text = NULL, *chat = NULL, *refused = NULL;
    amaas_generation *answer = NULL;
    amaas_classification *other = NULL;
    const char *prompt = "count: one", *empty = "";
    char messages[64];
    snprintf(messages, sizeof messages, "%s", HELLO);
    OK(amaas_route_submit_generate(writer, &prompt, NULL, 1, NULL, &text, &error));
    OK(amaas_route_submit_chat(writer, messages, NULL, NULL, &chat, &error));
    memset(messages, 0, sizeof messages); /* it has a copy */
    INVALID(amaas_route_submit_chat(writer, messages, NULL, NULL, &refused, &error), "JSON");
    INVALID(amaas_route_submit_chat(writer, HELLO, "x", NULL, &refused, &error), "tools");
    CHECK(refused == NULL);
    INVALID(amaas_ticket_classification(chat, &other, &error), "has no classification");
    OK(amaas_ticket_generation(chat, &answer, &error));
    SAME(amaas_generation_text(answer, 0), "Hello to you.");
    amaas_generation_free(answer);
    OK(amaas_ticket_generation(text, &answer, &error));
    SAME(amaas_generation_text(answer, 0), COUNT);
    amaas_generation_free(answer);
    answer = NULL;
    /* The answer is taken once, and what is wrong with the texts comes through the ticket. */
    CHECK(amaas_ticket_generation(text, &answer, NULL) != AMAAS_STATUS_OK && answer == NULL);
    OK(amaas_route_submit_generate(writer, &empty, NULL, 1, NULL, &refused, &error));
    INVALID(amaas_ticket_generation(refused, &answer, &error), "");
    amaas_ticket_free(refused);
    amaas_ticket_free(chat);
    amaas_ticket_free(text);
}

int main(void)
{
    amaas_error *error = NULL;
    OK(amaas_service_new(NULL, &service, &error));
    OK(amaas_service_load(service, "tests/fixtures/writer", &writer, &error));
    generates();
    options_are_obeyed();
    hostile_options_are_refused();
    hostile_prompts_are_refused();
    chats();
    streams();
    a_stop_ends_a_text();
    nobody_waits();
    amaas_route_free(writer);
    amaas_service_free(service);
    return 0;
}
