// `conditions.NAME` and `conditions.NAME({…})` as they are written: which tokens of an expression they are. Gives them no meaning.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/cel/lexer.h"

namespace pawl::flow {

using cel::Range;
using cel::Token;
using cel::TokenKind;

std::vector<Token> tokens_of(std::string_view text, std::size_t begin, std::size_t end);
bool is_name(Token const& token, std::string_view text);
bool follows_dot(std::vector<Token> const& tokens, std::size_t at);
/// `word.NAME` at this token, the word being no field of something else.
bool is_member_of(std::vector<Token> const& tokens, std::size_t at, std::string_view word);

/// One `conditions.NAME`, as written.
struct Use {
    struct Argument {
        std::string name;
        Range name_at, value;        ///< of the whole value
        std::vector<Token> tokens;   ///< of the value
    };
    std::string name;
    Range at;                        ///< all of it
    Range name_at;
    std::vector<Argument> arguments;
    std::optional<Range> bad_arguments;  ///< they are not a map with plain keys
};

/// The outer ones of an expression, in the order of the text: arguments may hold others.
std::vector<Use> uses_in(std::vector<Token> const& tokens);

/// A use as text, for who has no tokens.
struct WrittenUse {
    std::string name;
    std::vector<std::pair<std::string, std::string>> arguments;  ///< parameter and expression
    bool operator==(WrittenUse const&) const = default;
};
std::vector<WrittenUse> written_uses(std::string_view expression);

}  // namespace pawl::flow
