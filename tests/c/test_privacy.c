#define _POSIX_C_SOURCE 200809L /* setenv */

/* Packages that only holders of a key can read, packages that somebody vouches for, and texts without
 * what is sensitive in them. The second folder holds `author.key` and `author.pub`. */
#include "check.h"

static const char recipient[] = "age12rufrxp88d4praeu7pzmgu4n6qfv4emr9srhlf5lmx55j0448quqmsjpye";
static const char identity[] =
    "AGE-SECRET-KEY-1SS3N6Z0UNX63CU0JA3VZHA99TGLHDPMXZZAYJDPFZXL8R3Y43MQS9HCMEH";
static const char sentiment[] = "models/sentiment/1.0.0";
static const char *text = "Wonderful!";

/* How a host answers when it is asked for keys. */
struct vault {
    int asked;
    int answer;
};

static amaas_status give(void *context, const amaas_key_request *request, amaas_key_ring *ring)
{
    amaas_error *error = NULL;
    struct vault *vault = context;

    vault->asked++;
    CHECK(request->size >= sizeof *request);
    SAME(request->model, "sentiment");
    SAME(request->version, "1.0.0");
    CHECK(strncmp(request->digest, "sha256:", 7) == 0);
    if (vault->answer == 0)
        return AMAAS_STATUS_OK;
    if (vault->answer == 1)
        return AMAAS_STATUS_NOT_FOUND;
    REFUSED(amaas_key_ring_add_identities(ring, "nonsense", &error), AMAAS_STATUS_KEY_DENIED, "identity");
    INVALID(amaas_key_ring_add_identities(ring, NULL, &error), "`text` is NULL");
    INVALID(amaas_key_ring_add_passphrase(NULL, "x", &error), "`ring` is NULL");
    OK(amaas_key_ring_add_passphrase(ring, "a passphrase of another", &error));
    OK(amaas_key_ring_add_identities(ring, identity, &error));
    return AMAAS_STATUS_OK;
}

static amaas_service_options *options_for(const char *folder, const char *name)
{
    amaas_error *error = NULL;
    amaas_service_options *options = NULL;
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    OK(amaas_service_options_new(&options, &error));
    OK(amaas_service_options_set_registry(options, path, &error));
    OK(amaas_service_options_set_instances(options, 1, &error));
    return options;
}

/* Ends the options. */
static amaas_service *start(amaas_service_options *options)
{
    amaas_error *error = NULL;
    amaas_service *service = NULL;

    OK(amaas_service_new(options, &service, &error));
    amaas_service_options_free(options);
    return service;
}

/* Loads and asks once, and ends the service. */
static void answers(amaas_service *service)
{
    amaas_error *error = NULL;
    amaas_route *route = NULL;
    amaas_classification *answer = NULL;

    OK(amaas_service_load(service, "sentiment", &route, &error));
    OK(amaas_route_classify(route, &text, NULL, 1, NULL, &answer, &error));
    SAME(amaas_classification_label(answer, 0, 0), "positive");
    amaas_classification_free(answer);
    amaas_route_free(route);
    amaas_service_free(service);
}

static void refuses(amaas_service *service, amaas_status status, const char *words)
{
    amaas_error *error = NULL;
    amaas_route *route = NULL;

    REFUSED(amaas_service_load(service, "sentiment", &route, &error), status, words);
    CHECK(route == NULL);
    amaas_service_free(service);
}

static void publish(const char *folder, const char *name, const amaas_publish_options *how)
{
    amaas_error *error = NULL;
    amaas_published *published = NULL;
    amaas_service *service = start(options_for(folder, name));

    OK(amaas_service_publish_with(service, sentiment, how, &published, &error));
    CHECK(amaas_published_created(published));
    amaas_published_free(published);
    amaas_service_free(service);
}

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(content, file) >= 0 && fclose(file) == 0);
}

static char *read_file(const char *folder, const char *name)
{
    static char content[8192];
    char path[4096];
    size_t length;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    CHECK(file != NULL);
    length = fread(content, 1, sizeof content - 1, file);
    content[length] = 0;
    fclose(file);
    return content;
}

static void encrypt(const char *folder)
{
    amaas_error *error = NULL;
    amaas_publish_options *how = NULL;
    amaas_service_options *options;
    struct vault vault = {0, 0};
    char path[4096];

    OK(amaas_publish_options_new(&how, &error));
    INVALID(amaas_publish_options_add_recipient(how, "age1nobody", &error), "`age1nobody`");
    OK(amaas_publish_options_add_recipient(how, recipient, &error));
    INVALID(amaas_publish_options_set_passphrase(how, "x", &error), "passphrase");
    publish(folder, "encrypted", how);
    amaas_publish_options_free(how);

    refuses(start(options_for(folder, "encrypted")), AMAAS_STATUS_KEY_DENIED, "none of the keys");

    options = options_for(folder, "encrypted");
    INVALID(amaas_service_options_set_keys(options, NULL, NULL, &error), "`callback` is NULL");
    OK(amaas_service_options_set_keys(options, give, &vault, &error));
    refuses(start(options), AMAAS_STATUS_KEY_DENIED, "the host");
    vault.answer = 1;
    options = options_for(folder, "encrypted");
    OK(amaas_service_options_set_keys(options, give, &vault, &error));
    refuses(start(options), AMAAS_STATUS_KEY_DENIED, "status `3`");
    vault.answer = 2;
    options = options_for(folder, "encrypted");
    OK(amaas_service_options_set_keys(options, give, &vault, &error));
    answers(start(options));
    CHECK(vault.asked >= 3);

    snprintf(path, sizeof path, "%s/identity.txt", folder);
    write_file(path, identity);
    options = options_for(folder, "encrypted");
    OK(amaas_service_options_set_keys_file(options, path, &error));
    answers(start(options));
    options = options_for(folder, "encrypted");
    OK(amaas_service_options_set_keys_file(options, folder, &error));
    refuses(start(options), AMAAS_STATUS_KEY_DENIED, "cannot be read");

    options = options_for(folder, "encrypted");
    OK(amaas_service_options_set_keys_environment(options, "AMAAS_TEST_IDENTITY", &error));
    refuses(start(options), AMAAS_STATUS_KEY_DENIED, "AMAAS_TEST_IDENTITY");
    CHECK(setenv("AMAAS_TEST_IDENTITY", identity, 1) == 0);
    options = options_for(folder, "encrypted");
    OK(amaas_service_options_set_keys_environment(options, "AMAAS_TEST_IDENTITY", &error));
    answers(start(options));
}

static void guess(const char *folder)
{
    amaas_error *error = NULL;
    amaas_publish_options *how = NULL;
    amaas_service_options *options;

    OK(amaas_publish_options_new(&how, &error));
    OK(amaas_publish_options_set_passphrase(how, "open sesame", &error));
    INVALID(amaas_publish_options_add_recipient(how, recipient, &error), "passphrase");
    publish(folder, "guarded", how);
    amaas_publish_options_free(how);
    options = options_for(folder, "guarded");
    OK(amaas_service_options_set_passphrase(options, "open barley", &error));
    refuses(start(options), AMAAS_STATUS_KEY_DENIED, "none of the keys");
    options = options_for(folder, "guarded");
    OK(amaas_service_options_set_passphrase(options, "open sesame", &error));
    answers(start(options));
}

static void trust(const char *folder, const char *keys)
{
    amaas_error *error = NULL;
    amaas_publish_options *how = NULL;
    amaas_service_options *options;
    const char *author;
    char generations[4096];

    OK(amaas_publish_options_new(&how, &error));
    INVALID(amaas_publish_options_set_signer(how, "nonsense", 1, &error), "private key");
    OK(amaas_publish_options_set_signer(how, read_file(keys, "author.key"), 7, &error));
    publish(folder, "signed", how);
    amaas_publish_options_free(how);
    OK(amaas_publish_options_new(&how, &error));
    publish(folder, "unsigned", how);
    amaas_publish_options_free(how);

    author = read_file(keys, "author.pub");
    snprintf(generations, sizeof generations, "%s/generations.json", folder);
    options = options_for(folder, "signed");
    INVALID(amaas_service_options_set_trust(options, 3, &author, 1, NULL, &error), "`policy` is `3`");
    INVALID(amaas_service_options_set_trust(options, AMAAS_TRUST_REQUIRE, &text, 1, NULL, &error),
            "public key");
    OK(amaas_service_options_set_trust(options, AMAAS_TRUST_REQUIRE, &author, 1, generations, &error));
    answers(start(options));
    CHECK(strstr(read_file(folder, "generations.json"), "7") != NULL);

    author = read_file(keys, "author.pub");
    options = options_for(folder, "unsigned");
    OK(amaas_service_options_set_trust(options, AMAAS_TRUST_REQUIRE, &author, 1, NULL, &error));
    refuses(start(options), AMAAS_STATUS_UNTRUSTED, "sentiment@1.0.0");
    options = options_for(folder, "unsigned");
    OK(amaas_service_options_set_trust(options, AMAAS_TRUST_WARN, &author, 1, NULL, &error));
    answers(start(options));
}

static void redact(const char *folder)
{
    static const char letter[] = "Ada Lovelace (ada@example.org) paid with 4111 1111 1111 1111";
    amaas_error *error = NULL;
    amaas_redactor_options *how = NULL;
    amaas_redactor *redactor = NULL;
    amaas_redaction *redaction = NULL;
    amaas_text *restored = NULL;
    amaas_service_options *options;
    amaas_service *service;
    amaas_route *route = NULL;
    amaas_classification *answer = NULL;

    OK(amaas_redactor_options_new(&how, &error));
    OK(amaas_redactor_options_add_name(how, "Ada Lovelace", &error));
    OK(amaas_redactor_options_set_actions(how, AMAAS_ACTION_MASK, &error));
    OK(amaas_redactor_options_set_action(how, AMAAS_SENSITIVE_NAME, AMAAS_ACTION_PLACEHOLDER, &error));
    OK(amaas_redactor_options_set_action(how, AMAAS_SENSITIVE_CARD, AMAAS_ACTION_HASH, &error));
    INVALID(amaas_redactor_options_set_action(how, 0, 0, &error), "`kind` is `0`");
    INVALID(amaas_redactor_options_set_actions(how, 9, &error), "`action` is `9`");
    INVALID(amaas_redactor_new(how, &redactor, &error), "no key to hash with");
    OK(amaas_redactor_options_set_key(how, "of this deployment", 18, &error));
    OK(amaas_redactor_new(how, &redactor, &error));
    amaas_redactor_options_free(how);

    OK(amaas_redactor_redact(redactor, letter, &redaction, &error));
    CHECK(strncmp(amaas_redaction_text(redaction), "<NAME_1> ([EMAIL]) paid with [CARD:", 35) == 0);
    CHECK(amaas_redaction_count(redaction) == 3);
    CHECK(amaas_redaction_kind(redaction, 1) == AMAAS_SENSITIVE_EMAIL);
    CHECK(amaas_redaction_kind(redaction, 3) == AMAAS_SENSITIVE_NONE);
    CHECK(amaas_redaction_begin(redaction, 1) == 14 && amaas_redaction_end(redaction, 1) == 29);
    CHECK(amaas_redaction_begin(redaction, 3) == 0 && amaas_redaction_end(NULL, 0) == 0);
    OK(amaas_redaction_restore(redaction, "Dear <NAME_1>, dear <NAME_2>", &restored, &error));
    SAME(amaas_text_data(restored), "Dear Ada Lovelace, dear <NAME_2>");
    amaas_text_free(restored);
    amaas_redaction_free(redaction);

    /* As a stage before a model. */
    options = options_for(folder, "plain");
    OK(amaas_service_options_set_redactor(options, redactor, &error));
    amaas_redactor_free(redactor);
    service = start(options);
    OK(amaas_service_load(service, sentiment, &route, &error));
    OK(amaas_route_classify(route, &text, NULL, 1, NULL, &answer, &error));
    amaas_classification_free(answer);
    amaas_route_free(route);
    amaas_service_free(service);
}

int main(int count, char **arguments)
{
    CHECK(count == 3);
    encrypt(arguments[1]);
    guess(arguments[1]);
    trust(arguments[1], arguments[2]);
    redact(arguments[1]);
    return 0;
}
