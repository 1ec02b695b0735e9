# Completion of csictl for bash: csictl itself knows its commands.
_csictl() {
    local IFS=$'\n'
    # shellcheck disable=SC2207 # one candidate a line; mapfile would need bash 4.4's -d for no gain
    COMPREPLY=($(csictl --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _csictl csictl
