// yaml-cpp's Parser and EventHandler; never Load, LoadAll or Node, which lose duplicates and documents and follow aliases without end.
#include "common/yaml/reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <istream>
#include <streambuf>

#include "common/yaml/syntax.h"
#include "common/yaml/tree_builder.h"

namespace pawl::yaml {

namespace {

/// The text as a stream, without a copy.
class TextBuffer : public std::streambuf {
public:
    explicit TextBuffer(std::string_view text) {
        char* begin = const_cast<char*>(text.data());  // streambuf's interface; nobody writes
        setg(begin, begin, begin + text.size());
    }
};

/// Marks count bytes behind the byte order mark, which the parser never sees.
class Events : public YAML::EventHandler {
public:
    Events(TreeBuilder& builder, std::size_t skipped) : builder_(builder), skipped_(skipped) {}

    std::size_t offset(YAML::Mark const& mark) const { return skipped_ + static_cast<std::size_t>(mark.pos < 0 ? 0 : mark.pos); }

    void OnDocumentStart(YAML::Mark const& mark) override { builder_.start_document(offset(mark)); }
    void OnDocumentEnd() override { builder_.end_document(); }
    void OnNull(YAML::Mark const& mark, YAML::anchor_t anchor) override { builder_.null(offset(mark), anchor); }
    void OnAlias(YAML::Mark const& mark, YAML::anchor_t anchor) override { builder_.alias(offset(mark), anchor); }
    void OnScalar(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor, std::string const& value) override {
        builder_.scalar(offset(mark), anchor, value);
    }
    void OnSequenceStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor, YAML::EmitterStyle::value style) override {
        builder_.open(Kind::list, offset(mark), anchor, style == YAML::EmitterStyle::Flow);
    }
    void OnSequenceEnd() override { builder_.close(); }
    void OnMapStart(YAML::Mark const& mark, std::string const&, YAML::anchor_t anchor, YAML::EmitterStyle::value style) override {
        builder_.open(Kind::map, offset(mark), anchor, style == YAML::EmitterStyle::Flow);
    }
    void OnMapEnd() override { builder_.close(); }

private:
    TreeBuilder& builder_;
    std::size_t skipped_;
};

}  // namespace

void read_documents(File& file, std::string_view text, Positions const& positions) {
    std::size_t const skipped = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
    TextBuffer buffer{text.substr(skipped)};
    std::istream stream{&buffer};
    TreeBuilder builder{file, positions};
    Events events{builder, skipped};
    try {
        YAML::Parser parser{stream};
        while (parser.HandleNextDocument(events)) {
        }
    } catch (YAML::Exception const& refused) {
        file.diagnostics.push_back(explain_syntax_error(text, positions, builder, events.offset(refused.mark), refused.msg));
    } catch (Stop const&) {
        // The builder has said why.
    }
}

}  // namespace pawl::yaml
