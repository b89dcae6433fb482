/** Classical machine learning (ai.onnx.ml). Rows as in index.ts: name | inputs | outputs | attributes | sentence. */
export const ml = `
ArrayFeatureExtractor | X, Y | Z |  | Takes columns of its input at given positions.
Binarizer | X | Y | threshold=0.0 | Gives 1 above a threshold and 0 elsewhere.
CastMap | X | Y | cast_to=TO_FLOAT map_form=DENSE max_map=1 | Turns a map into a tensor.
CategoryMapper | X | Y | cats_int64s cats_strings default_int64=-1 default_string=_Unused | Turns category names into numbers, or back.
DictVectorizer | X | Y | int64_vocabulary string_vocabulary | Turns a map into a vector by a vocabulary.
FeatureVectorizer | X… | Y | inputdimensions | Puts features side by side into one vector.
Imputer | X | Y | imputed_value_floats imputed_value_int64s replaced_value_float=0.0 replaced_value_int64=0 | Replaces missing values.
LabelEncoder | X | Y | default_float=-0@2 default_int64=-1 default_string=_Unused default_tensor keys_floats keys_int64s keys_strings keys_tensor values_floats values_int64s values_strings values_tensor | Replaces values by a table of keys and values.
LinearClassifier | X | Y, Z | classlabels_ints classlabels_strings coefficients intercepts multi_class=0 post_transform=NONE | Scores classes by a linear function of the features.
LinearRegressor | X | Y | coefficients intercepts post_transform=NONE targets=1 | Predicts numbers by a linear function of the features.
Normalizer | X | Y | norm=MAX | Scales each row to norm 1.
OneHotEncoder | X | Y | cats_int64s cats_strings zeros=1 | Writes categories as vectors with one entry set.
SVMClassifier | X | Y, Z | classlabels_ints classlabels_strings coefficients kernel_params kernel_type=LINEAR post_transform=NONE prob_a prob_b rho support_vectors vectors_per_class | Scores classes by a support vector machine.
SVMRegressor | X | Y | coefficients kernel_params kernel_type=LINEAR n_supports=0 one_class=0 post_transform=NONE rho support_vectors | Predicts numbers by a support vector machine.
Scaler | X | Y | offset scale | Subtracts an offset from each feature and multiplies it by a scale.
TreeEnsemble | X | Y | aggregate_function=1 leaf_targetids leaf_weights membership_values n_targets nodes_falseleafs nodes_falsenodeids nodes_featureids nodes_hitrates nodes_missing_value_tracks_true nodes_modes nodes_splits nodes_trueleafs nodes_truenodeids post_transform=0 tree_roots | Adds up the leaves that each row reaches in a set of decision trees.
TreeEnsembleClassifier | X | Y, Z | base_values base_values_as_tensor class_ids class_nodeids class_treeids class_weights class_weights_as_tensor classlabels_int64s classlabels_strings nodes_falsenodeids nodes_featureids nodes_hitrates nodes_hitrates_as_tensor nodes_missing_value_tracks_true nodes_modes nodes_nodeids nodes_treeids nodes_truenodeids nodes_values nodes_values_as_tensor post_transform=NONE | Scores classes by the leaves that each row reaches in a set of decision trees.
TreeEnsembleRegressor | X | Y | aggregate_function=SUM base_values base_values_as_tensor n_targets nodes_falsenodeids nodes_featureids nodes_hitrates nodes_hitrates_as_tensor nodes_missing_value_tracks_true nodes_modes nodes_nodeids nodes_treeids nodes_truenodeids nodes_values nodes_values_as_tensor post_transform=NONE target_ids target_nodeids target_treeids target_weights target_weights_as_tensor | Predicts numbers by the leaves that each row reaches in a set of decision trees.
ZipMap | X | Z | classlabels_int64s classlabels_strings | Turns a row of scores into a map from class to score.
`;
