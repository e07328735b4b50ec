package io.github.lapidary.translate;

import ai.djl.Application;
import ai.djl.repository.AbstractRepository;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Metadata;
import ai.djl.repository.VersionRange;
import ai.djl.repository.zoo.BaseModelLoader;
import ai.djl.repository.zoo.ModelLoader;
import ai.djl.util.Progress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** One model on this machine, as DJL's repositories describe models. */
final class LapidaryRepository extends AbstractRepository {

    private static final String BLOCK_FACTORY = "blockFactory";

    private final Path path;
    private final String modelName;
    private final Map<String, String> ownArguments;

    /**
     * Describes a model.
     *
     * @param path a Hugging Face folder or a GGUF file, which need not be there yet
     * @param modelName its artifact id
     * @param arguments for the block and the translator
     */
    LapidaryRepository(String name, Path path, String modelName, Map<String, String> arguments) {
        super(name, path.toUri());
        this.path = path;
        this.modelName = modelName;
        this.ownArguments = Map.copyOf(arguments);
    }

    /** Describes the model of a URL. */
    static LapidaryRepository of(String name, URI uri) {
        ModelUrl url = ModelUrl.of(uri);
        return new LapidaryRepository(
                name, url.path(), url.path().getFileName().toString(), url.arguments());
    }

    /** Returns what loads the model. */
    ModelLoader loader() {
        return new BaseModelLoader(resource());
    }

    private MRL resource() {
        return model(Application.NLP.TEXT_GENERATION, LapidaryModelZoo.GROUP_ID, modelName);
    }

    @Override
    public List<MRL> getResources() {
        return List.of(resource()); // what is not there is reported when it is loaded
    }

    @Override
    public boolean isRemote() {
        return false;
    }

    @Override
    public Metadata locate(MRL mrl) {
        return new Description();
    }

    @Override
    public Artifact resolve(MRL mrl, Map<String, String> filter) {
        return new Description().newArtifact();
    }

    @Override
    public Path getResourceDirectory(Artifact artifact) {
        return path;
    }

    @Override
    public Path getCacheDirectory() {
        return path;
    }

    /** There is nothing to fetch, but only here DJL tells who follows the loading. */
    @Override
    public void prepare(Artifact artifact, Progress progress) {
        if (artifact.getArguments().get(BLOCK_FACTORY) instanceof LocatedModel model) {
            model.report(progress);
        }
    }

    /** What DJL asks of a model before it loads it. */
    private final class Description extends Metadata {

        Description() {
            setArtifactId(modelName);
            setGroupId(LapidaryModelZoo.GROUP_ID);
            setApplication(Application.NLP.TEXT_GENERATION);
            setRepositoryUri(URI.create(""));
            setArtifacts(List.of(newArtifact()));
        }

        /** Each loading has an artifact of its own, since each has a progress of its own. */
        @Override
        public List<Artifact> search(VersionRange versionRange, Map<String, String> filter) {
            return List.of(newArtifact());
        }

        Artifact newArtifact() {
            Artifact artifact = new Artifact();
            artifact.setName(modelName);
            artifact.setMetadata(this);
            artifact.setFiles(Map.of());
            artifact.setOptions(Map.of("hasParameter", "false"));
            Map<String, Object> arguments = artifact.getArguments();
            arguments.putAll(ownArguments);
            arguments.put(BLOCK_FACTORY, new LocatedModel(path));
            arguments.put("translatorFactory", GenerationTranslatorFactory.class.getName());
            return artifact;
        }
    }
}
