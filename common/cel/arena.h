// Memory of one evaluation: handed out by moving a pointer, given back all at once. Holds only trivially destructible things.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace pawl::cel {

class Arena {
public:
    Arena() : next_(first_), end_(first_ + sizeof first_) {}
    Arena(Arena const&) = delete;
    Arena& operator=(Arena const&) = delete;

    /// Aligned for any Value. Small conditions never leave the first kilobyte, which lies on the stack.
    void* allocate(std::size_t bytes) {
        std::size_t const rounded = (bytes + alignment - 1) & ~(alignment - 1);
        if (rounded > static_cast<std::size_t>(end_ - next_)) return allocate_chunk(rounded);
        void* const place = next_;
        next_ += rounded;
        return place;
    }

private:
    static constexpr std::size_t alignment = 16;

    void* allocate_chunk(std::size_t bytes) {
        std::size_t const size = bytes > chunk_bytes_ ? bytes : chunk_bytes_;
        chunk_bytes_ = chunk_bytes_ < (1u << 16) ? chunk_bytes_ * 2 : chunk_bytes_;
        chunks_.push_back(std::make_unique_for_overwrite<Block[]>(size / alignment + 1));
        std::byte* const begin = chunks_.back()[0].bytes;
        next_ = begin + bytes;
        end_ = begin + size;
        return begin;
    }

    struct alignas(alignment) Block {
        std::byte bytes[alignment];
    };
    alignas(alignment) std::byte first_[1024];
    std::byte* next_;
    std::byte* end_;
    std::size_t chunk_bytes_ = 4096;
    std::vector<std::unique_ptr<Block[]>> chunks_;
};

}  // namespace pawl::cel
