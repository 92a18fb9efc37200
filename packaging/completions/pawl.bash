# bash completion of pawl. Install: pawl completion bash > ~/.local/share/bash-completion/completions/pawl
_pawl() {
    local line value
    COMPREPLY=()
    while IFS= read -r line; do
        if [ "$line" = ":files" ]; then
            while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
            compopt -o filenames 2>/dev/null
            continue
        fi
        COMPREPLY+=("${line%%$'\t'*}")
    done < <(pawl __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _pawl pawl
