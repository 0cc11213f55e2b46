// A server in small: many threads over one route, and versions that change under them.
//
// `serve REFERENCE [THREADS]` with the registry in AMAAS_HOME. Each line of the standard input is a
// sentence to classify, or `publish PATH`: the package at PATH goes into the registry, and the route
// moves to it if its reference selects it, while the threads go on answering. One line for each
// answer, tab separated: version, label, score, sentence.
#include "amaas.hpp"

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

// What waits to be answered. It holds a bounded number, so that a flood slows its source down.
class Queue {
public:
    void put(std::string sentence)
    {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return waiting_.size() < most; });
        waiting_.push_back(std::move(sentence));
        changed_.notify_all();
    }

    // The next one; false when there will be none.
    bool take(std::string &sentence)
    {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
        if (waiting_.empty())
            return false;
        sentence = std::move(waiting_.front());
        waiting_.pop_front();
        changed_.notify_all();
        return true;
    }

    void close()
    {
        std::lock_guard<std::mutex> lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }

private:
    static constexpr std::size_t most = 1024;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> waiting_;
    bool closed_ = false;
};

// One thread of the server. An error is the answer to one request, and ends nothing else.
static void serve(const amaas::Route &route, Queue &queue)
{
    std::string sentence;
    while (queue.take(sentence)) {
        auto answer = route.try_classify(sentence);
        if (answer)
            std::printf("%s\t%s\t%.6f\t%s\n", answer->usage().version, std::string(answer->label()).c_str(),
                        answer->score(), sentence.c_str());
        else
            std::fprintf(stderr, "%s\n", answer.error().what());
    }
}

// Publishes, and moves what follows; a package that must not serve leaves everything as it was.
static void publish(const amaas::Service &service, const std::string &path)
{
    auto published = amaas::try_ask(amaas_service_publish, service.get(), path.c_str());
    if (!published) {
        std::fprintf(stderr, "%s\n", published.error().what());
        return;
    }
    auto asked = amaas::try_ask(amaas_service_update, service.get());
    if (!asked) {
        std::fprintf(stderr, "%s\n", asked.error().what());
        return;
    }
    const amaas_updated *updated = asked->get();
    for (std::size_t i = 0; i < amaas_updated_moved_count(updated); i++)
        std::fprintf(stderr, "%s: %s -> %s\n", amaas_updated_moved_reference(updated, i),
                     amaas_updated_moved_from(updated, i), amaas_updated_moved_to(updated, i));
    for (std::size_t i = 0; i < amaas_updated_failed_count(updated); i++)
        std::fprintf(stderr, "%s stays: %s\n", amaas_updated_failed_reference(updated, i),
                     amaas_error_report(amaas_updated_failed_error(updated, i)));
}

int main(int argc, char **argv)
try {
    amaas::Service service;
    amaas::Route route = service.load(argc > 1 ? argv[1] : "");
    Queue queue;
    std::vector<std::thread> threads(argc > 2 ? std::stoul(argv[2]) : std::thread::hardware_concurrency());
    for (std::thread &thread : threads)
        thread = std::thread([&] { serve(route, queue); });
    for (std::string line; std::getline(std::cin, line);)
        if (line.rfind("publish ", 0) == 0)
            publish(service, line.substr(8));
        else
            queue.put(line);
    queue.close();
    for (std::thread &thread : threads)
        thread.join();
    std::fprintf(stderr, "%llu answered\n", static_cast<unsigned long long>(route.totals().requests));
} catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
