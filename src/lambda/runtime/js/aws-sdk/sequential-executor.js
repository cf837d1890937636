'use strict';

const { copyError } = require('./error');

/** Calls the listeners of an event one after the other. Listeners may be asynchronous. */
class SequentialExecutor {
  _events = {};

  listeners(event) {
    return [...(this._events[event] || [])];
  }

  on(event, listener, toHead = false) {
    const others = this._events[event] || [];
    this._events[event] = toHead ? [listener, ...others] : [...others, listener];
    return this;
  }

  addListener(event, listener, toHead) {
    return this.on(event, listener, toHead);
  }

  /** Adds a listener whose last argument is a callback that it calls when it is done. */
  onAsync(event, listener, toHead) {
    listener._isAsync = true;
    return this.on(event, listener, toHead);
  }

  removeListener(event, listener) {
    const position = this.listeners(event).lastIndexOf(listener);
    if (position >= 0) this._events[event].splice(position, 1);
    return this;
  }

  removeAllListeners(event) {
    if (event) delete this._events[event];
    else this._events = {};
    return this;
  }

  /** Adds the listeners of another executor, or of an object with lists of listeners by event. */
  addListeners(source) {
    for (const [event, added] of Object.entries(source._events || source)) {
      for (const listener of [].concat(added)) this.on(event, listener);
    }
    return this;
  }

  addNamedListener(name, event, listener, toHead) {
    this[name] = listener;
    return this.on(event, listener, toHead);
  }

  addNamedAsyncListener(name, event, listener, toHead) {
    this[name] = listener;
    return this.onAsync(event, listener, toHead);
  }

  /** Calls the listeners, then `done` with their last error. Returns whether there are listeners. */
  emit(event, args = [], done = () => {}) {
    const listeners = this.listeners(event);
    this.callListeners(listeners, { args, done, error: null });
    return listeners.length > 0;
  }

  callListeners([listener, ...others], { args, done, error }) {
    if (!listener) return done.call(this, error);
    const next = (failure) => {
      const latest = failure ? copyError(failure) : error;
      if (latest && this._haltHandlersOnError) return done.call(this, latest);
      return this.callListeners(others, { args, done, error: latest });
    };
    if (listener._isAsync) return listener.apply(this, [...args, next]);
    return next(failureOf(() => listener.apply(this, args)));
  }
}

function failureOf(call) {
  try {
    call();
    return undefined;
  } catch (error) {
    return error || new Error(String(error));
  }
}

module.exports = { SequentialExecutor };
