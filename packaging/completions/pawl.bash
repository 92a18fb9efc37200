# bash completion of pawl. Install: pawl completion bash > ~/.local/share/bash-completion/completions/pawl
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
