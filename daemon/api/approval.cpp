// Approve and reject. Who answers is told by the peer's credentials; the names behind his numbers are looked up off the loop, as that may take
// as long as the system's user database likes.
#include <grp.h>
#include <pwd.h>

#include <array>
#include <vector>

#include "daemon/api/decode.h"
#include "daemon/api/prepare.h"

namespace pawl::api {
namespace {

constexpr std::size_t comment_bytes_max = 4096;
constexpr std::size_t database_bytes = 16u << 10;  // of one entry of the user database; longer ones stay numbers

void add_group(std::vector<std::string>& groups, gid_t gid) {
    std::vector<char> buffer(database_bytes);
    group entry{};
    group* found = nullptr;
    if (getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) groups.emplace_back(found->gr_name);
}

/// Names of the peer and of his groups; what has no name is called "uid 1000".
void name_person(Identity const& who, AnswerApproval& answer) {
    answer.name = "uid " + std::to_string(who.uid);
    std::vector<char> buffer(database_bytes);
    passwd entry{};
    passwd* found = nullptr;
    bool const known = getpwuid_r(who.uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
    if (!known) return add_group(answer.groups, who.gid);
    answer.name = found->pw_name;
    std::array<gid_t, 256> gids{};
    int count = static_cast<int>(gids.size());
    (void)getgrouplist(found->pw_name, found->pw_gid, gids.data(), &count);
    for (int i = 0; i < std::min<int>(count, static_cast<int>(gids.size())); ++i) add_group(answer.groups, gids[static_cast<std::size_t>(i)]);
}

Result<Decoded> answer_approval(Asked const& asked, bool approved) {
    auto const id = decode_run_id(asked.parts[0]);
    if (!id) return id.error();
    auto const body = parse_body(asked.http.body);
    if (!body) return body.error();
    Fields fields(*body, "the body");
    AnswerApproval answer{.run = *id, .approved = approved};
    answer.step = fields.text("step").value_or("");
    answer.comment = fields.text("comment").value_or("");
    if (auto finished = fields.finish(); !finished) return finished.error();
    if (answer.comment.size() > comment_bytes_max) return bad_request("'comment' has at most 4096 bytes");
    return Decoded{"run/" + asked.parts[0], [answer, who = asked.http.peer, asked = asked.shared_from_this()](Core& core, Ticket ticket) {
        prepare(core, ticket, *asked, [answer, who](Reader&) {
            Prepared prepared;
            AnswerApproval named = answer;
            name_person(who, named);
            prepared.body = std::move(named);
            return prepared;
        });
    }};
}

}  // namespace

Result<Decoded> approve_run(Asked const& asked) { return answer_approval(asked, true); }
Result<Decoded> reject_run(Asked const& asked) { return answer_approval(asked, false); }

}  // namespace pawl::api
