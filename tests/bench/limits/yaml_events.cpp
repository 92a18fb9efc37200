// The limit for reading workflow files: yaml-cpp's parser over each of them, with a handler that keeps nothing.
// usage: yaml_events FILE…      Prints: "ms N  files N". Reading the files is not counted.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace {

struct Counter : YAML::EventHandler {
    std::size_t events = 0;
    void OnDocumentStart(YAML::Mark const&) override { ++events; }
    void OnDocumentEnd() override { ++events; }
    void OnNull(YAML::Mark const&, YAML::anchor_t) override { ++events; }
    void OnAlias(YAML::Mark const&, YAML::anchor_t) override { ++events; }
    void OnScalar(YAML::Mark const&, std::string const&, YAML::anchor_t, std::string const&) override { ++events; }
    void OnSequenceStart(YAML::Mark const&, std::string const&, YAML::anchor_t, YAML::EmitterStyle::value) override { ++events; }
    void OnSequenceEnd() override { ++events; }
    void OnMapStart(YAML::Mark const&, std::string const&, YAML::anchor_t, YAML::EmitterStyle::value) override { ++events; }
    void OnMapEnd() override { ++events; }
};

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> texts;
    for (int i = 1; i < argc; ++i) {
        std::ifstream in(argv[i], std::ios::binary);
        texts.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    Counter counter;
    auto const begin = std::chrono::steady_clock::now();
    for (auto const& text : texts) {
        std::istringstream stream(text);
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(counter)) {}
    }
    std::chrono::duration<double, std::milli> const took = std::chrono::steady_clock::now() - begin;
    std::printf("ms %.2f  files %zu  events %zu\n", took.count(), texts.size(), counter.events);
    return counter.events == 0;
}
