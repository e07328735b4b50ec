package io.github.lapidary.translate;

import ai.djl.inference.streaming.IteratorBytesSupplier;
import ai.djl.modality.Output;
import ai.djl.ndarray.BytesSupplier;
import com.google.gson.JsonObject;
import io.github.lapidary.LanguageModel;
import io.github.lapidary.generation.GenerationRequest;
import io.github.lapidary.generation.TokenStream;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An answer that is generated as its parts are asked for; closing it ends the generation. */
final class PulledAnswer extends IteratorBytesSupplier implements AutoCloseable {

    private final TokenStream stream;

    private PulledAnswer(TokenStream stream, Iterator<BytesSupplier> parts) {
        super(parts);
        this.stream = stream;
    }

    /** Starts a request of one prompt. */
    static Output output(LanguageModel model, ServedRequest request, Wire wire) {
        TokenStream stream =
                model.stream(new GenerationRequest(request.prompts().get(0), request.options()));
        Output output = new Output();
        wire.describe(output);
        output.add(new PulledAnswer(stream, new Parts(stream, request.form(), wire)));
        return output;
    }

    @Override
    public void close() {
        stream.close();
    }

    /** The parts, of which the last is the end or the failure of the generation. */
    private static final class Parts implements Iterator<BytesSupplier> {

        private static final Logger LOGGER = LoggerFactory.getLogger(PulledAnswer.class);

        private final TokenStream stream;
        private final ServedRequest.AnswerForm form;
        private final Wire wire;
        private boolean done;

        Parts(TokenStream stream, ServedRequest.AnswerForm form, Wire wire) {
            this.stream = stream;
            this.form = form;
            this.wire = wire;
        }

        @Override
        public boolean hasNext() {
            return !done;
        }

        @Override
        public BytesSupplier next() {
            if (done) {
                throw new NoSuchElementException("The answer has ended.");
            }
            return BytesSupplier.wrap(bytes());
        }

        private byte[] bytes() {
            try {
                while (stream.hasNext()) {
                    List<JsonObject> parts = form.token(stream.next());
                    if (!parts.isEmpty()) {
                        return wire.bytes(parts);
                    }
                }
                done = true;
                return wire.lastBytes(form.end(stream.result()), form);
            } catch (RuntimeException e) {
                LOGGER.error("A generation failed.", e);
                done = true;
                return wire.lastBytes(List.of(form.failed(String.valueOf(e.getMessage()))), form);
            }
        }
    }
}
