# fish completion of pawl. Install: pawl completion fish > ~/.config/fish/completions/pawl.fish
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
