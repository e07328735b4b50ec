"""Writes cases.json: templates with what transformers' own set-up of Jinja makes of them.

    python make_cases.py      (transformers 5 and Jinja 3.1.6)

Names are line numbers of the lists below. An error is null if there is none, the message if the
template raised it, and empty if Jinja or Python did.
"""

import json
import pathlib

import jinja2
from transformers.utils.chat_template_utils import _compile_jinja_template

CONTEXT = {
    "messages": [
        {"role": "user", "content": "  Grüße, 世界 🙂 \n"},
        {"role": "assistant", "content": None, "tool_calls": [
            {"type": "function", "function": {"name": "f", "arguments": {"x": 1, "y": [1.5, None, True]}}}]},
        {"role": "tool", "content": "it's \"ok\"\t\\", "name": "items"},
        {"role": "user", "content": [{"type": "text", "text": " a "}, {"type": "image"}]},
    ],
    "tools": None,
    "n": 7,
    "f": 0.1,
    "s": "a,b,,c",
    "t": "Hello wORLD's end",
    "e": "",
    "l": [3, 1, 2],
    "w": ["b", "A", "c", "a"],
    "d": {"b": 1, "a": {"z": [1, 2]}, "items": 5, "C": None},
    "nested": [[1, 2], [3, [4, 5]]],
    "m": "one\ntwo\r\n\nthree\x0bfour\x85five\u2028six",
    "nb": "\u00a0 x \u2003\x1f\u200b",
}

EXPRESSIONS = r"""
n + 1; n - 10; n * 2; n / 2; n // 2; n % 4; -n % 4; -7 // 2; 7 // -2; -7 % 3; 7 % -3; 7.5 // 2; -7.5 % 2; 2 ** 10; 2 ** -1; -2 ** 2; 2 ** 3 ** 2
1 + 2 * 3 - 4 / 2; (1 + 2) * 3; 1 - 2 - 3; 10 / 4 / 5; 1 - -1; +n; - -n; true + 1; true * 3; n == 7.0; true == 1; 1 == '1'; none == false
0.1 + 0.2; 1e16; 1e15; 123456789012345680.0; 1e-5; 0.0001; 1.0; -0.0; 1e100; 5e-324; 1.7976931348623157e308; 2.5e-7; f; 100.0; 1/3; 1e22; 1e23; 12345.678e-10
1_000; 1_0.5_0; 1.5e3; 1E3; 'a' 'b' "c"; 'a' ~ 1 ~ none ~ true ~ 1.5; 'ab' * 3; 3 * 'ab'; 'ab' * 0; 'ab' * -1; [1] * 2; [1] + [2]; (1,) + (2,); 'a' + 'b'
'a' < 'b'; 'B' < 'a'; 1 < 2 < 3; 1 < 3 < 2; [1,2] < [1,3]; (1,2) == (1,2); [1,2] == (1,2); 1 <= 1.0; 'a' == 'a' == 'a'; 3 > 2 > 1; '\uffff' < '😀'
'a' in 'abc'; 'd' not in 'abc'; 1 in l; 1 not in l; 'b' in d; 'zz' in d; 'x' in undefinedthing; 1.0 in l; true in [1]; [1,2] in nested; '' in 'a'
not true; not not n; not e; n and s; e and s; e or s; n or s; none or e; n if n > 3 else 0; (n if n > 9); 'a' if e else 'b' if n else 'c'; not n == 7; not 1 in l
l[0]; l[-1]; l[99]; l['x']; d['b']; d.b; d.a.z[1]; d['items']; d.nope; d.nope is defined; s[0]; s[-1]; t[1:4]; t[::-1]; t[::2]; l[1:]; l[:-1]; l[::-1]; l[5:]; l[-2:]; l[None:2]; s[99]; 'äö🙂x'[2]; 'äö🙂x'[1:3]; 'äö🙂x'[::-1]
messages[1].tool_calls[0].function.arguments.y; messages[0]['content'][2:5]; messages[-1].content[0].text; messages|length; messages[0].content|length; messages[3].content[1].text is defined; messages.0.role; none[1:]; n['x']; none.x; messages[1]['content']['x']; l[1:2, 3]
n is number; f is number; f is float; n is integer; true is integer; true is number; true is boolean; 1 is boolean; none is none; s is string; n is string; l is sequence; l is iterable; l is mapping; d is mapping; d is sequence; d is iterable; s is iterable; s is sequence; n is iterable; n is sequence; x is defined; x is undefined; x is iterable; x is sequence; n is odd; n is even; n is divisibleby 7; n is divisibleby(2); 'A' is upper; 'a' is lower; 'a1' is lower; '1' is lower; n is eq 7; n is equalto(7); n is ne 8; n is gt 6; n is ge 7; n is lt 8; n is le 7; n is in [7]; 'a' is in 'abc'; true is true; 1 is true; false is false; e is false; none is not none; n is not odd; not n is odd; range is callable; s is callable; true is sameas true; none is sameas(none); n is sameas false; (1, 2) is sequence; l|map('string') is iterable; l|map('string') is sequence; n is == 7; d.items() is iterable; x is none; x is string; x is mapping; range(3) is sequence
' a b '|trim; 'xxaxx'|trim('x'); nb|trim; nb.strip(); nb|trim|length; 'abc'|upper; 'ABC'|lower; 'straße'|upper; 'İ'|lower; 'ΑΣ'|lower; t|title; t|capitalize; t.title(); t.capitalize(); 'a-b (c) [d] <e>'|title; "it's a x2y"|title; "it's a x2y".title(); 'ǆa'.title(); 5|upper; none|trim; x|trim; x|upper; l|upper; true|lower
s|length; l|count; d|length; x|length; 'é🙂'|length; (1,2)|length; range(4)|length; d.keys()|length; l|first; l|last; s|first; s|last; d|first; []|first; []|last; ''|first is defined; l|sort; w|sort; w|sort(case_sensitive=true); w|sort(reverse=true); l|sort(reverse=true)|first; messages|sort(attribute='role')|map(attribute='role')|list; l|reverse|list; s|reverse; l|sum; [0.5, 1]|sum; messages|map(attribute='role')|unique|list; w|unique|list; w|unique(true)|list; [1, true, 1.0]|unique|list; l|min; l|max; w|min; w|max; []|max; w|max(case_sensitive=true); nested|sum(start=[])
l|join(','); l|join; w|join(', '); messages|join('-', attribute='role'); d|join; s|join('.'); [1, none, true, 'x', 1.5]|join(' '); []|join('x'); x|join; l|list; s|list; d|list; 'ab'|list; x|list; (1,2)|list; range(3)|list; d.items()|list; d|items|list; x|items|list; d|dictsort; d|dictsort(true); d|dictsort(reverse=true)|list|length; {'b':2,'a':1}|dictsort(by='value'); d.values()|list; d.keys()|list; d.get('b'); d.get('q'); d.get('q', 'w'); d.get('C', 1); d.copy()|length
x|default('q'); x|default; x|d('q'); e|default('q'); e|default('q', true); none|default('q'); none|default('q', boolean=true); d.q|default(1) + 1; 0|default(5, true); x|default(d.b)
l|map('string')|list; w|map('upper')|list; messages|map(attribute='content')|list; nested|map('first')|list; nested|map(attribute=0)|list; messages|map(attribute='name', default='-')|list; messages|map(attribute='tool_calls.0.function.name', default='-')|first; w|map('replace', 'a', 'x')|join; w|map('default', 'q')|list; l|select('odd')|list; l|reject('odd')|list; l|select|list; [0, 1, '', 'a', none]|select|list; [0, 1, '']|reject|list; l|select('gt', 1)|list; w|select('in', ['a', 'A'])|list; messages|selectattr('role', 'equalto', 'user')|list|length; messages|selectattr('name')|list|length; messages|selectattr('name', 'defined')|list|length; messages|rejectattr('name')|list|length; messages|rejectattr('role', 'in', ['user', 'tool'])|map(attribute='role')|list; x|map('upper')|list; none|select|list; messages|selectattr('content', 'string')|list|length; messages|selectattr('content', 'none')|list|length
messages|tojson; messages[1]|tojson; d|tojson; d|tojson(indent=2); d|tojson(2); nested|tojson(indent=1); []|tojson(indent=2); {}|tojson(indent=2); d|tojson(sort_keys=true); {'b':1,'a':2}|tojson(sort_keys=true, indent=4); messages[0]|tojson(ensure_ascii=true); messages[0]|tojson(ensure_ascii=false); d|tojson(separators=(',', ':')); d|tojson(separators=[', ', ' = ']); (1,2)|tojson; f|tojson; 1e100|tojson; '<&>\'"'|tojson; '\x00\x1f\x7f\u2028/'|tojson; {1: 2, none: 3, true: 4, 1.5: 5}|tojson; s|tojson; none|tojson; true|tojson; d|tojson(indent='--'); d|tojson|safe; d|tojson(indent=0); 1e16|tojson; -0.0|tojson
l; w; d; nested; messages; (1,); (); (1, 'a'); {}; []; ['it\'s']; ["it's \"q\""]; ['a\nb\t\\ \x00 \x7f é 🙂 \u00ad \u200b \u2028 \ue000']; {1: 'a', 'b': none}; [x]; [1.0, true]; {'a': x}; none; true; [[], {}, ()]; ['\U0001F600\U000E0001']
s.split(','); s.split(',', 1); s.split(',', 0); s.split('zz'); t.split(); ' a  b '.split(); ' a  b  c '.split(none, 1); ''.split(); ''.split(','); s.rsplit(',', 1); s.rsplit(','); s.rsplit(',', 2)[0]; t.split('o'); s.split(sep=','); t.split(maxsplit=1); m.splitlines(); m.splitlines(true); ''.splitlines(); 'a\n'.splitlines(); 'a\n\n'.splitlines(); nb.split(); s.partition(','); s.partition('q'); s.rpartition(','); s.rpartition('q'); 'aXbXc'.rsplit('X'); 'aaa'.rsplit('aa', 1); 'aaa'.split('aa')
t.startswith('Hel'); t.startswith('x'); t.startswith(('x', 'H')); t.endswith('end'); t.endswith(()); t.replace('l', 'L'); t.replace('l', 'L', 1); t.replace('', '-'); 'ab'.replace('', '-', 1); ''.replace('', 'x'); 'aaa'.replace('aa', 'b'); t|replace('o', '0'); t|replace('o', '0', 1); n|replace(7, 8); 'äö🙂'.replace('', '.'); t.find('o'); t.rfind('o'); t.find('q'); '🙂a'.find('a'); t.index('o'); t.count('l'); 'aaa'.count('aa'); 'abc'.count(''); t.upper(); t.lower(); t.strip('Hd'); t.lstrip('H'); t.rstrip('d'); '  x '.lstrip(); '  x '.rstrip(); 'x'.strip(none); ','.join(w); ','.join([]); '-'.join('abc'); 'abc'.removeprefix('a'); 'abc'.removesuffix('c'); 'abc'.removeprefix('q'); 'abc'.removesuffix(''); '12'.isdigit(); 'a1'.isdigit(); ''.isdigit(); 'ab'.isalpha(); ' \n'.isspace(); ''.isspace(); 'AB'.isupper(); 'ab1'.islower(); '１２'.isdigit(); t.nope is defined
'12'|int; 'a'|int; 'a'|int(5); '1.9'|int; 1.9|int; -1.9|int; ' 12 '|int; true|int; none|int; '1e3'|int; '12'|float; 'a'|float; 'a'|float(1.5); 3|float; none|float; 3.7|round; 2.5|round; 3.5|round; 2.675|round(2); 1234.5678|round(2); 3.2|round(method='ceil'); 3.7|round(method='floor'); 7|round; 1.25|round(1); -3|abs; -3.5|abs; 3|abs; n|string; 1.5|string|length; l|string; none|string; -0.5|round; 42.55|round(1, 'floor'); 0.5|round; '0x1'|int; '-5'|int; '+5'|int; '5.'|float; '.5'|float; 1e3|int
m|indent; m|indent(2); m|indent(2, true); m|indent(1, false, true); 'a\nb'|indent('> '); 'a'|indent; ''|indent; 'a\n\nb\n'|indent(2, blank=true); 'a\nb'|indent(width=1, first=true)
range(5)|list; range(2, 5)|list; range(5, 2, -1)|list; range(0)|list; range(0, 10, 3)|list; range(3)[1]; range(3)[-1]; range(5)[1:3]|list; 2 in range(3); dict(a=1, b=2); dict({'a': 1}, b=3); namespace(a=1).a; namespace({'q': 2}).q; namespace().a is defined; [1,2,3,4,5]|batch(2)|list; [1,2,3]|batch(2, 'x')|list; l.index(1); l.count(3); (1,2,1).count(1); strftime_now('%Y')|length; strftime_now('%d %B %%')|length > 6; [1,[2,3]]|tojson; 'a\'b'; "a\"b"; 'a\\nb'; 'a\qb'; '\x41\u00e9\101'; 'tab\there'; (1, 2)[0]; ((1)); [1, 2,]; {'a': 1,}; {'a': {'b': 1}}.a.b; {'a': 1}['a']; -l[0]|abs; (-l[0])|abs; 1 if true; 'x'|upper ~ 'y'; 'a' ~ 'b'|upper; 1 + 2|string|int; not e and n == 7; n in l or n == 7; 5 is number and 6 is number; n is odd or x; (n, s)|length; 7 is divisibleby 7 or false; messages|map(attribute='role')|map('upper')|join(',')|lower
x + 1; x.y; x['y']; x(); x < 1; -x; n(); 'a' + 1; 1 + 'a'; none + 'a'; [1] + 'a'; 'a' < 1; l < 1; none < 1; 1 / 0; 1 // 0; 1 % 0; 1 in 5; 1 in none; 1 in 'a'; none|length; 5|length; 5|list; none|list; none|join; 5|first; raise_exception('no: ' ~ n); l.append(1); d.update({}); d.pop('b'); [].extend([1]); 'a'.split(''); none|tojson(indent=x); 'a'.join([1]); range(1000000); {[1]: 2}; d[[1]] is defined; 'abc'.index('q'); l.index(9); x|tojson; l|map('string')|length; l|map('nope')|list; 'a' is nope; 'a'|nope; l|sort(attribute='q'); [1, 'a']|sort; [none, 1]|max; x|last; x|reverse|list; n.x; f.y is defined; true.z; l|select('string')|last; ''.nope(); d.nope(); none(); 'a'['b']['c']; l|join(1, 2, 3); 'a'|trim('b', 'c'); x|int; x|float; 'a'|abs; -'a'; +none; l[::0]; 2 ** 'a'; 'x' * 1.5; loop.index; loop
"""

TEMPLATES = r"""
{% for i in l %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}
{% for i in l %}{{ loop.index }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.length }}{{ loop.depth }}{{ loop.nextitem }}{{ loop.cycle('a', 'b') }}{{ loop.changed(i > 1) }} {% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}{% for k in d %}{{ k }}{% endfor %}{% for k, v in d|items %}{{ k }}{% endfor %}
{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}
{% for i in l if i > 1 %}{{ loop.index }}{{ loop.length }}{{ loop.last }}{{ i }} {% else %}none{% endfor %}
{% for i in l if i > 9 %}{{ i }}{% else %}none{% endfor %}{% for i in x %}a{% else %}b{% endfor %}{% for c in 'ä🙂' %}[{{ c }}]{% endfor %}
{% set ns = namespace(stop=false) %}{% for i in range(6) if not ns.stop %}{{ i }}{% if i == 2 %}{% set ns.stop = true %}{% endif %}{% endfor %}
{% set ns = namespace(stop=false) %}{% for i in range(6) if not ns.stop %}{{ i }}{{ loop.last }}{% if i == 2 %}{% set ns.stop = true %}{% endif %}{% endfor %}
{% set ns = namespace(stop=false) %}{% for i in range(6) if not ns.stop %}{{ i }}{{ loop.length }}{% if i == 2 %}{% set ns.stop = true %}{% endif %}{% endfor %}
{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% for i in range(3) %}{% for j in range(3) %}{% if j == 1 %}{% break %}{% endif %}{{ i }}{{ j }} {% endfor %}{{ loop.index }}|{% endfor %}
{% set x = 1 %}{% for i in l %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}
{% set x = 0 %}{% for i in l %}{{ x }}{% set x = i %}{{ x }} {% endfor %}{{ x }}
{% if true %}{% set y = 5 %}{% endif %}{{ y }}{% if false %}{% set z = 5 %}{% endif %}[{{ z }}]
{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set a = (3, 4) %}{{ a }}{% set a, b = b, a %}{{ a }}{{ b }}{% set q = 1, %}{{ q }}
{% set ns = namespace(a=1) %}{% set ns.a, c = 5, 6 %}{{ ns.a }}{{ c }}{% set ns.b = [ns.a] %}{{ ns.b }}
{% set x %}a{{ n }}{% set inner = 3 %}b{% endset %}{{ x }}[{{ inner }}]{{ x|length }}
{% set x | upper | trim %} abc {% endset %}[{{ x }}]
{% filter upper %}abc{{ t }}{% endfilter %}{% filter replace('a', 'b')|upper %}aac{% endfilter %}
{% with a = 1, b = n %}{{ a }}{{ b }}{% set c = 2 %}{% endwith %}[{{ a }}{{ c }}]{% with %}x{% endwith %}
{% with n = 1, q = n %}{{ n }}{{ q }}{% endwith %}{{ n }}
{% macro f(a, b=2, c=n) %}{{ a }}-{{ b }}-{{ c }}{% endmacro %}{{ f(1) }} {{ f(1, 3) }} {{ f(a=1, c=5) }} {{ f(b=1) }} {{ f(1)|length }}
{% macro f(x) %}{% if x > 0 %}{{ x }}{{ f(x - 1) }}{% endif %}{% endmacro %}{{ f(4) }}
{% macro f() %}{{ v }}{% endmacro %}{% set v = 1 %}{{ f() }}{% set v = 2 %}{{ f() }}{% for v in [9] %}{{ f() }}{% endfor %}
{% for i in l %}{% macro g() %}{{ i }}{{ loop.index }}{% endmacro %}{{ g() }}{% endfor %}[{{ g is defined }}]
{% macro f(a) %}{{ a.x }}{% set a = 5 %}{{ a }}{% endmacro %}{{ f({'x': 1}) }}{{ f('q') }}
{% macro f(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}{{ f(1, 2) }}
{% macro f() %}x{% endmacro %}{{ f(1) }}
{% macro f() %}x{% endmacro %}{{ f(a=1) }}
{% macro f() %}{{ raise_exception('inside') }}{% endmacro %}{{ f() }}
{% generation %}{{ n }}{% set q = 1 %}{% endgeneration %}[{{ q }}]
{% raw %}{{ n }}{% if %}{% endraw %}{{ n }}
{%- raw -%}  {{ n }}  {%- endraw -%}  {{ n }}
a {% raw %} b {% endraw %} c
a   {%- if true -%}   b   {%- endif -%}   c
a   {%+ if true +%}   b   {%+ endif +%}   c
a {# comment #} b {#- c -#} d {#+ e +#} f
{{ n }}{# x #}{{ n }}{##}{#-#}
{{- n -}}   x   {{- n -}}
{{ {'a': {'b': n}}['a']['b'] }}{{ {'a':1}}}
{{ '}}' }}{{ "%}" }}{{ '{{' }}{% if '%}' %}y{% endif %}
{{ '{#' }}{ {% if true %}{{% endif %}x{ # }
{% if n %}a{% elif s %}b{% else %}c{% endif %}{% if e %}a{% elif s %}b{% else %}c{% endif %}{% if e %}a{% elif e %}b{% else %}c{% endif %}{% if e %}a{% endif %}
{% if n == 7 and not e or x %}yes{% endif %}{% if (n == 7) != (s == 'q') %}yes{% endif %}{% if n, %}t{% endif %}
{% if messages[0]['role'] == 'user' %}{{ messages[0].content | trim }}{% endif %}
{% for m in messages %}{{ loop.index0 }}:{{ m.role }}:{{ m.get('name', '-') }}:{{ m.content is string }}{{ '\n' }}{% endfor %}
{% for m in messages[1:] %}{% if loop.previtem %}{{ loop.previtem.role }}>{% endif %}{{ m['role'] }} {% endfor %}
{% for m in messages %}{% for p in m.content %}{{ p.type }}{{ p }}|{% endfor %}{% endfor %}
{% for m in messages if m.content is not string and m.content %}{{ m.content[0].text }}{% endfor %}
{% set g = l|map('string') %}{{ g|list }}{{ g|list }}
{% set r = l|reverse %}{% for i in r %}{{ i }}{% endfor %}{% for i in r %}{{ i }}{% else %}done{% endfor %}
{{ n }}{{ raise_exception('first') }}{{ raise_exception('second') }}
{% if not messages[9] %}{{ raise_exception("bad: 'q' {}") }}{% endif %}
{% set d2 = dict(d, k=1) %}{{ d2 }}{{ d }}
{{ [1, 2]|first if x else 'no' }}{{ 'a' if n is defined and n else 'b' }}
{% set x = [] %}{% for i in l %}{% set x = x + [i] %}{% endfor %}{{ x }}
{% set ns = namespace(x=[]) %}{% for i in l %}{% set ns.x = ns.x + [i * 2] %}{% endfor %}{{ ns.x }}{{ ns.x|join }}
{% set ns = namespace(x=1) %}{% for i in l %}{% for j in l %}{% set ns.x = ns.x * 2 %}{% endfor %}{% endfor %}{{ ns.x }}
{%for i in l%}{{i}}{%endfor%}{%if n%}a{%endif%}{%-set q=1-%}{{q}}
{% set x = '<' %}{{ x|safe }}{{ '<b>'|safe }}{{ '<' ~ ('&'|safe) ~ '>' }}{{ ['<', '&'|safe]|join('"') }}{{ ('a'|safe) == 'a' }}{{ d['b'|safe] }}{{ ('a'|safe)|tojson }}{{ 'a'|safe is string }}{{ ('a'|safe) in ['a'] }}
{{ "a" "b" }}{{ ('a' 'b')|length }}{{ 'a' if true else 'b' ~ 'c' }}
{{ loop is defined }}{% for i in [1] %}{{ loop is defined }}{{ loop.nope is defined }}{% endfor %}
{{ true }}{{ True }}{{ none }}{{ None }}{{ false }}{{ False }}
{% set true2 = True %}{{ true2 }}{% set _x = 1 %}{{ _x }}{{ __y }}
{{ ns.x is defined }}
{% set ns.x = 1 %}
{% set n.x = 1 %}
{% set a, b = 1 %}
{% set a, b = [1, 2, 3] %}
{% for a, b in [1] %}{% endfor %}
{% for i in 5 %}{% endfor %}
{% for i in none %}{% endfor %}
{% if %}{% endif %}
{% if n %}
{% endif %}
{% endfor %}
{% for i in l %}{% endif %}
{{ n
{{ n }
{% set x = 1
{# never closed
{{ 'abc }}
{{ (1 }}
{{ 1) }}
{{ [1} }}
{{ }}
{{ 1 2 }}
{{ n | }}
{{ n is }}
{{ n. }}
{{ @ }}
{{ 'a' is string is string }}
{% nope %}
{% break %}
{% set x %}{% break %}{% endset %}
{% macro f() %}{% break %}{% endmacro %}
{% set 1 = 2 %}
{% for true in l %}{% endfor %}
{% set none = 2 %}
{{ f(a=1, 2) }}
{{ f(a=1, a=2) }}
{% raw %}never closed
{% macro f(a %}{% endmacro %}
{{ "\x4" }}
{{ "\u12" }}
"""

MULTILINE = [
    "a\n{% if true %}\n  b\n{% endif %}\nc\n",
    "a\n  {% if true %}  \n  b\n  {% endif %}  \nc\n\n",
    "  {% if true %}x{% endif %}\n",
    "\t {%- if true %}\n x\n {%- endif %}\n y",
    "a\n\n  {{ n }}  \n\n  {#- c #}\n  {# d #}\n  e",
    "x {% if true %} y {% endif %}\n z\n   {% set a = 1 %}\n  w",
    "{% for i in l %}\n  - {{ i }}\n{% endfor %}\nend\n",
    "{% for i in l -%}\n  - {{ i }}\n{%- endfor %}\nend\n",
    "a\r\n{% if true %}\r\n  b\r{% endif %}\r\nc\r\n",
    "{{ 'a\nb' }}\n{{ 'a\r\nb' }}",
    "  {%+ if true %}\n a\n  {%+ endif +%}\n b",
    "{% raw %}\n a\n  {% endraw %}\n b",
    "a\n  {%- raw %}\n b\n  {%- endraw %}\n c",
    "\n\n{{ n }}\n\n",
    "{{ n }}\n",
    "{{ n -}}\n\n  x",
    "{% if true -%}\n\n  x{% endif %}",
    "{#\n multi\n line #}\nx",
    "{% set x %}\n  a\n{% endset %}\n[{{ x }}]",
    "{% macro f() %}\n  a\n{% endmacro %}\n[{{ f() }}]",
    "{% if true %}\u00a0{% endif %}\n\u2003{% if true %}x{% endif %}\u00a0\n",
    "{{\n n\n }}{%\n if\n n\n %}x{%\n endif\n %}",
    " {% if true %} {% if true %}\n a {% endif %}\n {% endif %}",
    "",
    "\n",
    "no tags",
    "{",
    "{{ '' }}{%if true%}{%endif%}",
]


def render(template):
    try:
        return _compile_jinja_template(template).render(**CONTEXT), None
    except jinja2.TemplateError as e:
        own = type(e) is jinja2.TemplateError
        return None, e.message if own else ""
    except Exception:
        return None, ""


def main():
    templates = {}
    for number, line in enumerate(EXPRESSIONS.strip().split("\n"), 1):
        for place, expression in enumerate(line.split("; "), 1):
            templates[f"expression {number}.{place}"] = "{{ " + expression + " }}"
    for number, line in enumerate(TEMPLATES.strip("\n").split("\n"), 1):
        templates[f"template {number}"] = line
    for number, template in enumerate(MULTILINE, 1):
        templates[f"lines {number}"] = template
    cases = []
    for name, template in templates.items():
        text, error = render(template)
        cases.append({"name": name, "template": template, "expect": text, "error": error})
    target = pathlib.Path(__file__).with_name("cases.json")
    target.write_text(json.dumps({"context": CONTEXT, "cases": cases}, indent=0) + "\n")


if __name__ == "__main__":
    main()
