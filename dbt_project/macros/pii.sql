{#
    Personal data in free text: e-mail addresses, phone numbers, card numbers, IBANs and secrets. Written to leave ids alone:
    numbers must carry their check digits, phone numbers their `+` or the form of North America, secrets their well-known
    prefixes. Names of people are not looked for.
#}

{#
    Whether a text may hold any of it: one pass over a whole bag, so that only few events are opened. Must let through all
    that `pii_kind` finds.
#}
{% macro may_hold_pii(text) -%}
    {%- set clues =
        "[\\pL\\pN._%+-](@|%40|\\\\u0040)[\\pL\\pN-]"
        ~ "|\\+[1-9][0-9 ().-]{6}"
        ~ "|[2-9][0-9]{2}\\)? ?[-.]?[2-9][0-9]{2}[-.][0-9]{4}"
        ~ "|[^0-9.][2-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{3}|[^0-9.]3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}"
        ~ "|[^0-9A-Za-z][A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4}"
        ~ "|eyJ[\\w-]{8}|[sr]k_(live|test)_|gh[pousr]_|github_pat_|xox[abprs]-|AKIA|AIza|[Bb]earer |PRIVATE KEY"
        ~ "|(token|secret|password|apikey|api_key)="
    -%}
    regexp_matches({{ text }}, '{{ clues }}')
{%- endmacro %}

{# What kind of personal data a text holds, or null. A number alone is `digits_kind`'s to judge. #}
{% macro pii_kind(text) -%}
    case
        when len(list_filter(
            regexp_extract_all({{ text }}, '[\pL\pN._%+-]+(?:@|%40)(?:[\pL\pN-]+\.)+\pL{2,24}'),
            lambda address: not regexp_matches(
                address,
                '^git@|@[0-9]x\.|\.(png|jpe?g|gif|svg|webp|ico|css|[cm]?js|jsx|tsx?|json|html?|map|zip|gz|tar|pdf|csv|xlsx?|mp4|woff2?)$', 'i'
            )
        )) > 0 then 'email'
        when len(list_filter(
            regexp_extract_all({{ text }}, '\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b'),
            lambda written: {{ is_iban("replace(written, ' ', '')") }}
        )) > 0 then 'iban'
        when not regexp_full_match(trim({{ text }}), '[0-9]+') and len(list_filter(
            regexp_extract_all(
                {{ text }}, '(?:^|[^0-9A-Za-z._-])([2-6][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}|3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5})(?:$|[^0-9A-Za-z_-])', 1
            ),
            lambda written: {{ is_card("regexp_replace(written, '[ -]', '', 'g')") }}
        )) > 0 then 'card'
        when len(list_filter(
            regexp_extract_all({{ text }}, '(?:^|[^0-9A-Za-z+.])(\+[1-9][0-9 ().-]{6,20}[0-9])(?:$|[^0-9A-Za-z])', 1),
            lambda written: length(regexp_replace(written, '[^0-9]', '', 'g')) between 8 and 15
        )) > 0 then 'phone'
        when regexp_matches(
            {{ text }}, '(^|[^0-9A-Za-z._-])(\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[-.])[2-9][0-9]{2}[-.][0-9]{4}($|[^0-9A-Za-z._-])'
        ) then 'phone'
        when regexp_matches(
            {{ text }},
            'eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.|\b[sr]k_(live|test)_[0-9A-Za-z]{16}|\bgh[pousr]_[0-9A-Za-z]{30}|\bgithub_pat_\w{20}|\bxox[abprs]-[0-9A-Za-z-]{10}'
            || '|\bAKIA[0-9A-Z]{16}\b|\bAIza[\w-]{35}|\b[Bb]earer [\w.~+/-]{20}|-----BEGIN [A-Z ]*PRIVATE KEY|(token|secret|password|apikey|api_key)=[^&\s"]{12}'
        ) then 'secret'
    end
{%- endmacro %}

{# Whether digits are those of a payment card: a prefix that is issued, and the check digit of Luhn. #}
{% macro is_card(digits) -%}
    (
        regexp_full_match(
            {{ digits }},
            '4[0-9]{15}|5[1-5][0-9]{14}|2(22[1-9]|2[3-9][0-9]|[3-6][0-9]{2}|7[01][0-9]|720)[0-9]{12}|3[47][0-9]{13}|6(011|5[0-9]{2})[0-9]{12}|35(2[89]|[3-8][0-9])[0-9]{12}'
        )
        and list_sum(list_transform(
            range(1, length({{ digits }}) + 1),
            lambda place: case
                when place % 2 = 0 then
                    try_cast({{ digits }}[length({{ digits }}) - place + 1] as integer) * 2
                    - case when {{ digits }}[length({{ digits }}) - place + 1] >= '5' then 9 else 0 end
                else try_cast({{ digits }}[length({{ digits }}) - place + 1] as integer)
            end
        )) % 10 = 0
    )
{%- endmacro %}

{# Whether letters and digits begin with an IBAN: a country's length, and the remainder 1 by 97. #}
{% macro is_iban(written) -%}
    {%- set lengths = {
        'AD': 24, 'AE': 23, 'AT': 20, 'BE': 16, 'BG': 22, 'BR': 29, 'CH': 21, 'CY': 28, 'CZ': 24, 'DE': 22, 'DK': 18, 'EE': 20, 'ES': 24,
        'FI': 18, 'FR': 27, 'GB': 22, 'GR': 27, 'HR': 21, 'HU': 28, 'IE': 22, 'IL': 23, 'IS': 26, 'IT': 27, 'LI': 21, 'LT': 20, 'LU': 20,
        'LV': 21, 'MT': 31, 'NL': 18, 'NO': 15, 'PL': 28, 'PT': 25, 'RO': 24, 'RS': 22, 'SA': 24, 'SE': 24, 'SI': 19, 'SK': 24, 'TR': 26, 'UA': 29
    } -%}
    {%- set country_length -%}
        case left({{ written }}, 2) {% for country, length in lengths.items() %}when '{{ country }}' then {{ length }} {% endfor %}end
    {%- endset -%}
    {%- set digits -%}
        array_to_string(list_transform(
            string_split(substr({{ written }}, 5, {{ country_length }} - 4) || left({{ written }}, 4), ''),
            lambda letter: case when letter >= 'A' then cast(ascii(letter) - 55 as varchar) else letter end
        ), '')
    {%- endset -%}
    {#- the number has up to 40 digits, so the remainder is carried from one third to the next -#}
    {%- set rest_of_15 = "cast(try_cast(left(" ~ digits ~ ", 15) as bigint) % 97 as varchar)" -%}
    {%- set rest_of_30 = "cast(try_cast(" ~ rest_of_15 ~ " || substr(" ~ digits ~ ", 16, 15) as bigint) % 97 as varchar)" -%}
    coalesce(
        length({{ written }}) >= {{ country_length }}
        and try_cast({{ rest_of_30 }} || substr({{ digits }}, 31, 15) as bigint) % 97 = 1,
        false
    )
{%- endmacro %}

{# Keys in which the vendors' libraries send who it is by design: their values are ids and profiles, not free text. #}
{% macro is_identity_property(name) -%}
    (
        {{ name }} in (
            'distinct_id', 'token', '$email', '$name', '$phone', '$user_id', '$device_id', '$anon_id', '$anon_distinct_id', '$identified_id',
            '$distinct_id_before_identity', '$insert_id', '$set', '$set_once', '$groups', '$group_set', '$group_key', '$distinct_ids'
        )
        or starts_with({{ name }}, '$user_')
    )
{%- endmacro %}
