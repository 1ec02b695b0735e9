# Completion of csictl for bash: csictl itself knows its commands and options.
_csictl() {
    # bash cuts COMP_WORDS at = and :, so the line itself is cut at blanks instead
    local line=${COMP_LINE:0:COMP_POINT} words
    read -ra words <<<"$line"
    [[ $line == *[[:blank:]] ]] && words+=("")
    mapfile -t COMPREPLY < <("${words[0]}" --complete "${words[@]:1}" 2>/dev/null)
    # what goes on behind its = gets no blank
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return 0
}
complete -o default -F _csictl csictl
