//! What packages hold of their modules.

use super::check;

/// A package may bind the name of its module to something else: only loading the module binds the module.
#[test]
fn a_module_that_is_imported_again_does_not_replace_what_its_package_binds() {
    check(
        "\
#- main.py
import tools.hammer as renamed
from tools.hammer import weight
import tools.hammer
from tools import hammer, saw
import tools.saw as file
attribute = tools.hammer

#- tools/__init__.py
from .hammer import hammer

#- tools/hammer.py
weight = 3
hammer = 'a tool'

#- tools/saw.py
",
        "
        renamed = 'a tool'
        weight = 3
        hammer = 'a tool'
        attribute = 'a tool'
        saw = module tools.saw
        file = module tools.saw
        ",
    );
}

/// The module is bound when it has run: what its package binds meanwhile does not stay.
#[test]
fn a_package_gets_its_module_when_that_has_run() {
    check(
        "\
#- main.py
import tools.hammer as renamed

#- tools/__init__.py

#- tools/hammer.py
import tools
tools.hammer = 'set while the module runs'
",
        "
        renamed = module tools.hammer
        ",
    );
}
