package io.github.lapidary.nn;

class RmsNormPlainTest extends BlockContract {

    @Override
    protected KernelBlock newBlock() {
        return RmsNorm.plain(6, 1e-6);
    }

    @Override
    protected KernelBlock newBlockOfOtherShape() {
        return RmsNorm.plain(5, 1e-6);
    }

    @Override
    protected String description() {
        return """
               RmsNorm weight(6)""";
    }
}
