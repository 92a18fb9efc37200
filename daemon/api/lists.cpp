// Everything that is read from the store and answered as it is: lists, page by page or as NDJSON, and single objects.
#include <algorithm>
#include <utility>

#include "common/base/text.h"
#include "daemon/api/decode.h"
#include "daemon/api/routes.h"
#include "daemon/api/stream.h"

namespace pawl::api {
namespace {

using List = std::function<Result<Json>(Reader&, ListQuery const&)>;

/// A list as one item a line, page after page, until its end or `left` items.
class ListStream final : public Stream {
public:
    ListStream(Core& core, std::shared_ptr<Exchange> exchange, List list, ListQuery query, int left)
        : Stream(core, std::move(exchange), ndjson_type), list_(std::move(list)), query_(std::move(query)), left_(left) {}

private:
    struct Page {
        std::string lines, next;
        int items = 0;
    };
    static constexpr int page_items = 500;

    static Result<Page> read_page(Reader& reader, List const& list, ListQuery const& query) {
        auto const found = list(reader, query);
        if (!found) return found.error();
        Page page;
        page.next = found->text("next");
        if (Json const* items = found->find("items"); items != nullptr && items->is_list())
            for (Json const& item : items->as_list()) {
                page.lines += dump_json(item) + "\n";
                ++page.items;
            }
        return page;
    }

    void fetch() override {
        query_.limit = std::min(left_, page_items);
        core().read<Page>([list = list_, query = query_](Reader& reader) { return read_page(reader, list, query); },
                          [self = weak_from_this()](Core&, Result<Page> page) {
                              if (auto const stream = std::static_pointer_cast<ListStream>(self.lock())) stream->take(std::move(page));
                          });
    }

    void take(Result<Page> page) {
        if (!page) return fail(page.error());
        left_ -= page->items;
        query_.after = page->next;
        deliver(std::move(page->lines), page->next.empty() || left_ <= 0 ? Next::end : Next::fetch);
    }

    List list_;
    ListQuery query_;
    int left_;
};

/// `object`: what is listed, for authorisation.
Result<Decoded> decode_list(Asked const& asked, std::string object, List list) {
    auto query = decode_list_query(asked.http.query);
    if (!query) return query.error();
    if (asked.accepts(ndjson_type)) {
        int const left = asked.query("limit").empty() ? 1'000'000'000 : query->limit;
        return Decoded{std::move(object), [list, query = *query, left](Core& core, Ticket ticket) {
            auto const stream = std::make_shared<ListStream>(core, core.take(ticket), list, query, left);
            core.add_stream({}, stream);
            stream->begin();
        }};
    }
    return Decoded{std::move(object), [list, query = *query](Core& core, Ticket ticket) {
        core.read<std::string>(
            [list, query](Reader& reader) -> Result<std::string> {
                auto const page = list(reader, query);
                if (!page) return page.error();
                return dump_json(*page);
            },
            [ticket](Core& alive, Result<std::string> text) {
                if (!text) return alive.fail(ticket, text.error());
                alive.answer_text(ticket, 200, json_type, std::move(*text));
            });
    }};
}

/// One object, read and answered.
std::function<void(Core&, Ticket)> answer_with(std::function<Result<Json>(Reader&)> read_object) {
    return [read_object = std::move(read_object)](Core& core, Ticket ticket) {
        core.read<std::string>(
            [read_object](Reader& reader) -> Result<std::string> {
                auto const object = read_object(reader);
                if (!object) return object.error();
                return dump_json(*object);
            },
            [ticket](Core& alive, Result<std::string> text) {
                if (!text) return alive.fail(ticket, text.error());
                alive.answer_text(ticket, 200, json_type, std::move(*text));
            });
    };
}

}  // namespace

Result<Decoded> list_workflows(Asked const& asked) {
    return decode_list(asked, "workflows", [](Reader& reader, ListQuery const& query) { return reader.list_workflows(query); });
}

Result<Decoded> list_versions(Asked const& asked) {
    std::string const name = asked.parts[0];
    return decode_list(asked, "workflow/" + name, [name](Reader& reader, ListQuery const& query) { return reader.list_versions(name, query); });
}

Result<Decoded> list_runs(Asked const& asked) {
    return decode_list(asked, "runs", [](Reader& reader, ListQuery const& query) { return reader.list_runs(query); });
}

Result<Decoded> list_audit(Asked const& asked) {
    return decode_list(asked, "audit", [](Reader& reader, ListQuery const& query) { return reader.list_audit(query); });
}

Result<Decoded> show_workflow(Asked const& asked) {
    auto const number = decode_number(asked.http.query, "version", 0, 1'000'000'000);
    if (!number) return number.error();
    std::string const name = asked.parts[0];
    return Decoded{"workflow/" + name, answer_with([name, number = static_cast<int>(*number)](Reader& reader) { return reader.workflow(name, number); })};
}

Result<Decoded> show_run(Asked const& asked) {
    auto const id = decode_run_id(asked.parts[0]);
    if (!id) return id.error();
    return Decoded{"run/" + asked.parts[0], answer_with([id = *id](Reader& reader) { return reader.run(id); })};
}

Result<Decoded> show_last_run(Asked const&) {
    return Decoded{"run/last", answer_with([](Reader& reader) -> Result<Json> {
        auto const id = reader.last_run();
        if (!id) return id.error();
        return reader.run(*id);
    })};
}

}  // namespace pawl::api
