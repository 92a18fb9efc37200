// pawl completion bash|zsh|fish: small adaptors around the hidden `pawl __complete`. packaging/completions/ holds the same texts.
#include <ostream>

#include "cli/commands.h"

namespace pawl::cli {
namespace {

struct CompletionOptions {
    std::string shell;
};

constexpr std::string_view bash_adaptor = R"sh(# bash completion of pawl. Install: pawl completion bash > ~/.local/share/bash-completion/completions/pawl
_pawl() {
    local line value word last prefix=
    local -a words=()
    COMPREPLY=()
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do  # bash has taken --name=value apart
        last=
        (( ${#words[@]} )) && last=${words[${#words[@]}-1]}
        if [[ $word == = && $last == --* && $last != *=* ]] || [[ $last == --*= ]]; then
            words[${#words[@]}-1]+=$word
            prefix=${last%%=*}=
        else
            words+=("$word")
            prefix=
        fi
    done
    last=${words[${#words[@]}-1]#"$prefix"}
    while IFS= read -r line; do
        if [ "$line" = ":files" ]; then
            while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$last")
            compopt -o filenames 2>/dev/null
            continue
        fi
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$prefix"}")
    done < <(pawl __complete -- "${words[@]}" 2>/dev/null)
}
complete -F _pawl pawl
)sh";
constexpr std::string_view zsh_adaptor = R"sh(#compdef pawl
# zsh completion of pawl. Install: pawl completion zsh > a file _pawl in a folder of $fpath
_pawl() {
    local line
    local -a names
    for line in ${(f)"$(pawl __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)"}; do
        if [[ $line == ":files" ]]; then
            _files
        elif [[ $line == *$'\t'* ]]; then
            names+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        else
            names+=("${line//:/\\:}")
        fi
    done
    (( $#names )) && _describe 'pawl' names
}
if [[ $funcstack[1] == _pawl ]]; then
    _pawl "$@"
else
    compdef _pawl pawl
fi
)sh";
constexpr std::string_view fish_adaptor = R"sh(# fish completion of pawl. Install: pawl completion fish > ~/.config/fish/completions/pawl.fish
function __pawl_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (pawl __complete -- $words[2..-1] 2>/dev/null)
        if test "$line" = ":files"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c pawl -f -a '(__pawl_complete)'
)sh";

}  // namespace

Command completion_command() {
    auto const options = std::make_shared<CompletionOptions>();
    return {
        .path = "completion",
        .summary = "Print the completion of a shell",
        .arguments = {{.name = "SHELL", .doc = "the shell", .into = &options->shell, .completes = Completes::choices, .choices = {"bash", "zsh", "fish"}}},
        .examples = {{"pawl completion bash > ~/.local/share/bash-completion/completions/pawl", ""}, {"source <(pawl completion bash)", "for this shell alone"}},
        .run = [options](Context& context) {
            context.out() << (options->shell == "bash" ? bash_adaptor : options->shell == "zsh" ? zsh_adaptor : fish_adaptor);
            return exit_done;
        },
    };
}

}  // namespace pawl::cli
