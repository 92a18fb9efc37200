// Keys, comparison with what was before, and a bound for what is remembered.
#include "daemon/io/step_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>

#include "common/base/crash_point.h"
#include "common/base/error_codes.h"
#include "common/base/path_glob.h"
#include "common/base/text.h"
#include "daemon/io/file_walk.h"
#include "daemon/io/whole_file.h"

namespace pawl {
namespace {

constexpr std::size_t entry_bytes_max = 16u << 20;
constexpr std::size_t reasons_max = 20;
constexpr std::size_t writes_between_trims = 64;

std::string scope_of(std::string const& workflow, std::string const& step) { return sha256_hex(workflow + "\n" + step).substr(0, 32); }

std::string key_of(std::vector<std::pair<std::string, std::string>> const& parts, std::vector<CachedFile> const& files) {
    std::string all = "1\n";  // the way of making keys
    for (auto const& [name, hash] : parts) all += std::to_string(name.size()) + ":" + name + hash + "\n";
    for (CachedFile const& file : files) all += std::to_string(file.path.size()) + ":" + file.path + file.sha256 + "\n";
    return sha256_hex(all).substr(0, 32);
}

/// As find_files() takes a glob: for a file, or for a folder that it names plainly.
bool is_named(std::string const& text, std::string const& path) {
    PathGlob const glob(text);
    return glob.matches(path) || (glob.may_name_a_folder() && glob.matches_or_holds(path));
}

/// 0 or errno. What changes while it is read is read again, a few times.
int hash_file(int folder, std::string const& path, HashMemo& memo, std::string& sha256) {
    for (int tries = 0; tries < 5; ++tries) {
        struct stat before{}, after{};
        UniqueFd const file = open_regular(folder, path, before);
        if (!file) return errno;
        sha256 = memo.find(before);
        if (!sha256.empty()) return 0;
        Content content;
        if (int const error = copy_content(file.get(), -1, ~std::uint64_t{0}, content); error != 0) return error;
        sha256 = std::move(content.sha256);
        if (fstat(file.get(), &after) != 0 || !is_unchanged(before, after)) continue;
        memo.keep(after, sha256);
        return 0;
    }
    return EBUSY;
}

std::string shown_part(std::string const& name) {
    if (name == "run" || name == "argv") return "the command";
    if (name == "cache") return "its globs";
    return name;
}

class Reasons {
public:
    void add(std::string reason) {
        if (list_.size() < reasons_max) list_.emplace_back(std::move(reason));
        else ++more_;
    }
    JsonList take() {
        if (more_ > 0) list_.emplace_back("and " + std::to_string(more_) + " more");
        return std::move(list_);
    }
    bool empty() const { return list_.empty(); }

private:
    JsonList list_;
    std::size_t more_ = 0;
};

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string const* find_pair(Pairs const& pairs, std::string_view name) {
    auto const found = std::ranges::find(pairs, name, &Pairs::value_type::first);
    return found == pairs.end() ? nullptr : &found->second;
}

/// In words: what differs from the last time.
JsonList differences(CacheEntry const& before, Pairs const& parts, std::vector<CachedFile> const& files) {
    Reasons reasons;
    for (auto const& [name, hash] : parts) {
        std::string const* const old = find_pair(before.parts, name);
        if (old == nullptr) reasons.add(shown_part(name) + " is new");
        else if (*old != hash) reasons.add(shown_part(name) + " changed");
    }
    for (auto const& [name, hash] : before.parts)
        if (find_pair(parts, name) == nullptr) reasons.add(shown_part(name) + " is gone");
    auto old = before.files.begin();
    for (CachedFile const& file : files) {  // both are sorted
        for (; old != before.files.end() && old->path < file.path; ++old) reasons.add("file " + old->path + " is gone");
        if (old == before.files.end() || old->path != file.path) reasons.add("file " + file.path + " is new");
        else if ((old++)->sha256 != file.sha256) reasons.add("file " + file.path + " changed");
    }
    for (; old != before.files.end(); ++old) reasons.add("file " + old->path + " is gone");
    if (reasons.empty()) reasons.add("its result is no longer remembered");
    return reasons.take();
}

Json files_json(std::vector<CachedFile> const& files) {
    JsonList list;
    for (CachedFile const& file : files) list.emplace_back(JsonList{Json(file.path), Json(file.sha256)});
    return list;
}

std::vector<CachedFile> read_files(Json const* list) {
    std::vector<CachedFile> files;
    if (list == nullptr || !list->is_list()) return files;
    for (Json const& file : list->as_list())
        if (file.is_list() && file.as_list().size() == 2 && file.as_list()[0].is_string() && file.as_list()[1].is_string())
            files.push_back({file.as_list()[0].as_string(), file.as_list()[1].as_string()});
    return files;
}

Json entry_json(CacheEntry const& entry) {
    JsonMap parts;
    for (auto const& [name, hash] : entry.parts) parts.set(name, hash);
    return JsonMap{{"workflow", entry.workflow}, {"step", entry.step}, {"run", entry.run.value}, {"attempt", entry.attempt}, {"at", format_utc(entry.at)},
                   {"outputs", entry.outputs}, {"parts", std::move(parts)}, {"files", files_json(entry.files)}, {"produces", files_json(entry.produces)}};
}

UtcTime time_of(struct timespec const& time) { return UtcTime(std::chrono::floor<Duration>(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec))); }

void each_name(int folder, std::string const& path, std::function<void(std::string const&)> const& visit) {
    UniqueFd opened = open_below(folder, path.c_str(), O_RDONLY | O_DIRECTORY);
    DIR* const dir = opened ? fdopendir(opened.get()) : nullptr;
    if (dir == nullptr) return;
    (void)opened.release();
    std::vector<std::string> names;
    while (dirent const* entry = readdir(dir))
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    closedir(dir);
    for (std::string const& name : names) visit(name);
}

bool fits(CacheEntry const& entry, StepCache::Filter const& filter) {
    bool const step_fits = filter.step.empty() || entry.step == filter.step || entry.step.starts_with(filter.step + "[");
    return step_fits && (filter.workflow.empty() || entry.workflow == filter.workflow) && (filter.key.empty() || entry.key.starts_with(filter.key));
}

Json miss(JsonList why) { return JsonMap{{"hit", false}, {"why", std::move(why)}}; }

}  // namespace

Json cache_entry_json(CacheEntry const& entry) {
    return JsonMap{{"workflow", entry.workflow}, {"step", entry.step}, {"key", entry.key}, {"run", entry.run.value}, {"attempt", entry.attempt},
                   {"at", format_utc(entry.at)}, {"used_at", format_utc(entry.used_at)}, {"hits", entry.hits}, {"bytes", static_cast<std::int64_t>(entry.bytes)},
                   {"files", static_cast<std::int64_t>(entry.files.size())}, {"produces", static_cast<std::int64_t>(entry.produces.size())}};
}

Result<StepCache> StepCache::open(int state_folder, CacheLimits limits) {
    if (mkdirat(state_folder, "cache", 0700) != 0 && errno != EEXIST)
        return Error{.code = code::io, .message = std::string("cannot make the folder of the cache: ") + std::strerror(errno), .where = {}, .hint = {}};
    UniqueFd folder = open_below(state_folder, "cache", O_RDONLY | O_DIRECTORY);
    if (!folder) return Error{.code = code::io, .message = std::string("cannot open the folder of the cache: ") + std::strerror(errno), .where = {}, .hint = {}};
    return StepCache(std::move(folder), limits);
}

StepCache::Found StepCache::look(KeepOrder const& order, std::string const& dir, UtcTime now) const {
    Found found;
    std::vector<std::string> unmatched;
    Result<std::vector<CachedFile>> files = hash_files(dir, order.cache->files, order.cache->produces, unmatched);
    if (!files) {
        found.problem = files.error().message;
        found.explain = miss({Json("its files cannot be compared: " + found.problem)});
        return found;
    }
    found.files = std::move(*files);
    found.key = key_of(order.cache->parts, found.files);
    PAWL_CRASH_POINT("cache.looked");
    std::string const scope = scope_of(order.cache->workflow, order.step);
    if (!order.cache->look) {
        found.explain = miss({Json("the run was told to use no cache")});
        return found;
    }
    std::optional<CacheEntry> entry = read(scope, found.key);
    std::string damage;
    if (entry && order.cache->max_age && now - entry->at > *order.cache->max_age) damage = "its result is older than " + format_duration(*order.cache->max_age);
    else if (entry) damage = damage_of(dir, entry->produces);
    if (entry && damage.empty()) {
        count_use(scope + "/" + found.key);
        found.explain = JsonMap{{"hit", true}, {"run", entry->run.value}, {"attempt", entry->attempt}, {"at", format_utc(entry->at)}, {"key", found.key}};
        found.entry = std::move(entry);
        return found;
    }
    std::optional<CacheEntry> const before = damage.empty() ? newest(scope) : std::nullopt;
    JsonList why;
    if (!damage.empty()) why.emplace_back(damage);
    else if (before) why = differences(*before, order.cache->parts, found.files);
    else why.emplace_back("no result of it is remembered yet");
    for (std::string const& glob : unmatched) why.emplace_back("mind that no file matches '" + glob + "' of its cache");
    found.explain = miss(std::move(why));
    if (before) found.explain.set("compared_with", before->run.value);
    return found;
}

std::string StepCache::remember(KeepOrder const& order, Origin const& origin, UtcTime now) {
    std::vector<std::string> unmatched;
    Result<std::vector<CachedFile>> const files = hash_files(origin.dir, order.cache->files, order.cache->produces, unmatched);
    if (!files) return "its result is not remembered: " + files.error().message;
    CacheEntry entry{.workflow = order.cache->workflow, .step = order.step, .key = origin.key, .run = origin.run, .attempt = origin.attempt, .at = now,
                     .outputs = origin.outputs, .parts = order.cache->parts, .files = origin.files, .produces = {}};
    if (*files != origin.files) return "its result is not remembered: " + differences(entry, entry.parts, *files).front().as_string() + " while it ran";
    Result<std::vector<CachedFile>> produced = hash_files(origin.dir, order.cache->produces, {}, unmatched);
    if (!produced) return "its result is not remembered: " + produced.error().message;
    if (!order.cache->produces.empty() && !unmatched.empty()) return "its result is not remembered: no file matches '" + unmatched.front() + "' of what it produces";
    entry.produces = std::move(*produced);
    std::string const scope = scope_of(entry.workflow, entry.step);
    if (mkdirat(folder_.get(), scope.c_str(), 0700) != 0 && errno != EEXIST) return std::string("its result is not remembered: ") + std::strerror(errno);
    Status written = write_whole(folder_.get(), scope + "/" + entry.key + ".json", dump_json(entry_json(entry)), "the cache");
    PAWL_CRASH_POINT("cache.remembered");
    if (!written) return "its result is not remembered: " + written.error().message;
    if (++writes_ >= writes_between_trims || writes_ == 1) trim();
    return {};
}

/// The content of all files that the globs match, but for those that others match. What vanishes meanwhile is no longer there.
Result<std::vector<CachedFile>> StepCache::hash_files(std::string const& dir, std::vector<std::string> const& globs, std::vector<std::string> const& but,
                                                      std::vector<std::string>& unmatched) const {
    std::vector<CachedFile> files;
    if (globs.empty()) return files;
    UniqueFd const folder = open_folder(dir);
    if (!folder) return Error{.code = code::io, .message = "its folder '" + printable(dir) + "': " + std::strerror(errno), .where = {}, .hint = {}};
    Result<FilesFound> found = find_files(folder.get(), globs, limits_.files_max);
    if (!found) return found.error();
    unmatched = std::move(found->unmatched);
    std::erase_if(found->paths, [&](std::string const& path) { return std::ranges::any_of(but, [&](std::string const& glob) { return is_named(glob, path); }); });
    for (std::string& path : found->paths) {
        std::string sha256;
        int const error = hash_file(folder.get(), path, *memo_, sha256);
        if (error == ENOENT) continue;
        if (error != 0) return Error{.code = code::io, .message = "'" + printable(path) + "': " + std::strerror(error), .where = {}, .hint = {}};
        files.push_back({std::move(path), std::move(sha256)});
    }
    return files;
}

/// What is no longer as it was made; empty when all of it is.
std::string StepCache::damage_of(std::string const& dir, std::vector<CachedFile> const& made) const {
    UniqueFd const folder = made.empty() ? UniqueFd() : open_folder(dir);
    for (CachedFile const& file : made) {
        std::string sha256;
        if (!folder || hash_file(folder.get(), file.path, *memo_, sha256) != 0) return "'" + file.path + "', which it made, is gone";
        if (sha256 != file.sha256) return "'" + file.path + "', which it made, has changed";
    }
    return {};
}

std::optional<CacheEntry> StepCache::read(std::string const& scope, std::string const& key) const {
    std::string const path = scope + "/" + key;
    struct stat status{};
    UniqueFd const file = open_regular(folder_.get(), path + ".json", status);
    std::optional<std::string> const text = file ? read_whole(file.get(), entry_bytes_max) : std::nullopt;
    Result<Json> const json = text ? parse_json(*text, {.bytes_max = entry_bytes_max, .depth_max = 8}) : Result<Json>(Json());
    if (!json || !json->is_map()) return std::nullopt;
    CacheEntry entry{.workflow = json->text("workflow"), .step = json->text("step"), .key = key, .run = RunId{json->number("run")},
                     .attempt = static_cast<int>(json->number("attempt")), .at = parse_utc(json->text("at")).value_or(UtcTime{}),
                     .outputs = json->text("outputs"), .parts = {}, .files = read_files(json->find("files")), .produces = read_files(json->find("produces"))};
    if (Json const* parts = json->find("parts"); parts != nullptr && parts->is_map())
        for (auto const& [name, hash] : parts->as_map())
            if (hash.is_string()) entry.parts.emplace_back(name, hash.as_string());
    entry.bytes = text->size();
    entry.used_at = time_of(status.st_mtim);
    if (fstatat(folder_.get(), (path + ".hits").c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
        entry.hits = status.st_size;
        entry.used_at = std::max(entry.used_at, time_of(status.st_mtim));
    }
    return entry;
}

std::optional<CacheEntry> StepCache::newest(std::string const& scope) const {
    std::string key;
    struct timespec youngest{};
    each_name(folder_.get(), scope, [&](std::string const& name) {
        struct stat status{};
        if (!name.ends_with(".json") || fstatat(folder_.get(), (scope + "/" + name).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
        bool const younger = status.st_mtim.tv_sec > youngest.tv_sec || (status.st_mtim.tv_sec == youngest.tv_sec && status.st_mtim.tv_nsec > youngest.tv_nsec);
        if (!key.empty() && !younger) return;
        key = name.substr(0, name.size() - 5);
        youngest = status.st_mtim;
    });
    return key.empty() ? std::nullopt : read(scope, key);
}

void StepCache::count_use(std::string const& path) const {
    UniqueFd const hits = open_below(folder_.get(), (path + ".hits").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (hits) (void)!write(hits.get(), "+", 1);
}

std::vector<CacheEntry> StepCache::list(Filter const& filter) const {
    std::vector<CacheEntry> entries;
    each_name(folder_.get(), ".", [&](std::string const& scope) {
        each_name(folder_.get(), scope, [&](std::string const& name) {
            if (!name.ends_with(".json")) return;
            auto entry = read(scope, name.substr(0, name.size() - 5));
            if (entry && fits(*entry, filter)) entries.push_back(std::move(*entry));
        });
    });
    std::ranges::sort(entries, [](CacheEntry const& a, CacheEntry const& b) { return a.used_at > b.used_at; });
    return entries;
}

std::size_t StepCache::remove(Filter const& filter) const {
    std::size_t removed = 0;
    for (CacheEntry const& entry : list(filter)) {
        std::string const scope = scope_of(entry.workflow, entry.step);
        if (unlinkat(folder_.get(), (scope + "/" + entry.key + ".json").c_str(), 0) == 0) ++removed;
        unlinkat(folder_.get(), (scope + "/" + entry.key + ".hits").c_str(), 0);
        unlinkat(folder_.get(), scope.c_str(), AT_REMOVEDIR);  // unless there are more
    }
    return removed;
}

/// What was not used for longest goes, until a tenth is free.
void StepCache::trim() {
    writes_ = 1;
    struct Old {
        std::string path;
        UtcTime used_at;
        std::uint64_t bytes;
    };
    std::vector<Old> all;
    std::uint64_t bytes = 0;
    each_name(folder_.get(), ".", [&](std::string const& scope) {
        each_name(folder_.get(), scope, [&](std::string const& name) {
            struct stat entry{}, hits{};
            std::string const path = scope + "/" + name.substr(0, name.rfind('.'));
            if (!name.ends_with(".json") || fstatat(folder_.get(), (path + ".json").c_str(), &entry, AT_SYMLINK_NOFOLLOW) != 0) return;
            bool const used = fstatat(folder_.get(), (path + ".hits").c_str(), &hits, AT_SYMLINK_NOFOLLOW) == 0;
            all.push_back({path, std::max(time_of(entry.st_mtim), used ? time_of(hits.st_mtim) : UtcTime{}), static_cast<std::uint64_t>(entry.st_size)});
            bytes += all.back().bytes;
        });
    });
    if (all.size() <= limits_.entries_max && bytes <= limits_.bytes_max) return;
    std::ranges::sort(all, {}, &Old::used_at);
    std::size_t count = all.size();
    for (Old const& old : all) {
        if (count <= limits_.entries_max - limits_.entries_max / 10 && bytes <= limits_.bytes_max - limits_.bytes_max / 10) return;
        for (char const* ending : {".json", ".hits"}) unlinkat(folder_.get(), (old.path + ending).c_str(), 0);
        unlinkat(folder_.get(), old.path.substr(0, old.path.find('/')).c_str(), AT_REMOVEDIR);
        --count;
        bytes -= old.bytes;
    }
}

}  // namespace pawl
